"""Updates of detectors: any split, many series, states as bytes, and data that is refused."""

import contextlib
import hashlib
import threading

import numpy as np
import pytest
import stream_cases
from hypothesis import given, settings
from hypothesis import strategies as st

import simdrift as sd

MAKERS = [
    (name, getattr(sd.stream, name))
    for name in sd.stream.__all__
    if name not in ("Detector", "SIGNAL", "evaluate", "Evaluation")
]
ERRORS = stream_cases.errors(6)[:1200]
EACH = pytest.mark.parametrize("make", [make for _, make in MAKERS], ids=[n for n, _ in MAKERS])


@EACH
@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, 1200), max_size=4))
def test_any_split_with_bytes_between_gives_the_same(make, cuts):
    whole = make()
    expected = whole.update(ERRORS)
    detector, signals = make(), []
    for piece in np.split(ERRORS, sorted(cuts)):
        signals.extend(detector.update(piece))
        detector = make.from_bytes(detector.to_bytes())
    assert signals == expected.tolist()
    if signals or cuts:
        assert detector.to_bytes() == whole.to_bytes()


@EACH
def test_a_matrix_is_its_rows(make):
    matrix = np.stack([stream_cases.errors(seed)[:1500] for seed in range(3)])
    detector = make()
    one_thread = make().update(matrix, threads=1)
    found = detector.update(matrix, threads=2)
    assert found.tolist() == one_thread.tolist()
    for i, row in enumerate(matrix):
        alone = make()
        assert found["index"][found["series"] == i].tolist() == alone.update(row).tolist()
        mine = detector.warnings["index"][detector.warnings["series"] == i]
        assert mine.tolist() == alone.warnings.tolist()


@EACH
def test_values_that_are_not_finite_are_left_out_and_keep_their_places(make):
    with_gaps = np.insert(ERRORS, [0, 400, 400, 900], [np.nan, np.inf, -np.inf, np.nan])
    places = np.flatnonzero(np.isfinite(with_gaps))
    detector = make()
    expected = places[make().update(ERRORS)]
    assert detector.update(with_gaps).tolist() == expected.tolist()
    assert (detector.n, detector.left_out) == (1204, 4)


@EACH
def test_booleans_and_integers_are_numbers(make):
    expected = make().update(ERRORS).tolist()
    assert make().update(ERRORS.astype(bool)).tolist() == expected
    assert make().update(ERRORS.astype(np.int8)).tolist() == expected
    assert make().update([]).tolist() == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b"], "ADWIN: expected numbers or booleans, found <U1"),
        (3.0, "ADWIN: expected an array of values or a matrix of series x times, found 0"),
        (np.zeros((2, 2, 2)), "found 3 dimensions"),
        (np.array(["2026-01-01"], "datetime64[D]"), "found datetime64"),
        ([None, 1.0], "found object"),
        ([1j], "found complex128"),
    ],
)
def test_what_is_no_stream_of_numbers_is_refused_by_name(values, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        sd.stream.ADWIN().update(values)


def test_a_refused_value_leaves_the_detector_as_it_was():
    detector = sd.stream.DDM()
    detector.update(ERRORS[:500])
    before = detector.to_bytes()
    with pytest.raises(ValueError, match=r"ddm: expected 0 or 1; found 0.5 at index 503"):
        detector.update([0, 1, 0, 0.5])
    assert detector.to_bytes() == before
    with pytest.raises(ValueError, match="DDM: expected one stream as before"):
        detector.update(np.zeros((2, 5)))


def test_parameters_out_of_range_are_refused_by_name():
    with pytest.raises(ValueError, match="adwin: expected delta to be a number from 1e-300 to 1"):
        sd.stream.ADWIN(delta=-1)
    with pytest.raises(ValueError, match="kswin: expected window_size of at least 2"):
        sd.stream.KSWIN(window_size=50)
    with pytest.raises(ValueError, match="whole number from 1 to"):
        sd.stream.DDM(warm_start=2.5)
    with pytest.raises(ValueError, match="expected mode to be one of"):
        sd.stream.PageHinkley(mode="sideways")
    with pytest.raises(ValueError, match="expected convention to be one of"):
        sd.stream.EDDM(convention="moa")


def _with_checksum(body):
    return body + hashlib.sha256(body).digest()


def test_bytes_that_are_no_state_are_refused_with_the_reason():
    detector = sd.stream.KSWIN(seed=3)
    detector.update(stream_cases.few_values(1)[:150])
    data = detector.to_bytes()
    changed = bytearray(data)
    changed[200] ^= 1
    cases = {
        data[:20]: "was cut",
        data[:-1]: "checksum",
        bytes(changed): "checksum",
        b"hello" * 20: "not the state of a detector",
        data[:8] + b"\x09" + data[9:]: "expected format version 1, found 9",
        sd.stream.ADWIN().to_bytes(): "expected kswin, found the state of 'adwin'",
        _with_checksum(data[:-33]): "expected 1 series of",
        _with_checksum(data[:-32] + bytes(8)): "expected 1 series of",
    }
    for bad, reason in cases.items():
        with pytest.raises(sd.InputError, match=reason):
            sd.stream.KSWIN.from_bytes(bad)
    with pytest.raises(sd.InputError, match="expected bytes, found str"):
        sd.stream.KSWIN.from_bytes("text")


@EACH
def test_states_of_any_words_never_crash(make):
    rng = np.random.default_rng(8)
    detector = make()
    detector.update(ERRORS[:300])
    data = detector.to_bytes()
    first = len(data) - 32 - detector._states.size * 8
    read = 0
    for _ in range(40):
        body = bytearray(data[:-32])
        for at in rng.integers(first, len(body), 3):
            body[at] = rng.integers(256)
        with contextlib.suppress(sd.InputError):
            make.from_bytes(_with_checksum(bytes(body))).update(ERRORS[:200])
            read += 1
    assert read > 0


def test_threads_that_share_a_detector_lose_no_value():
    detector = sd.stream.PageHinkley()
    threads = [
        threading.Thread(target=lambda: [detector.update(np.zeros(100)) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert detector.n == 4 * 50 * 100


def test_an_update_that_is_interrupted_leaves_the_detector_as_it_was():
    detector = sd.stream.KSWIN()
    before = detector.to_bytes()

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sd._core.stream_update(
            detector._kind,
            detector._parameters,
            detector._states.reshape(-1),
            1,
            np.zeros(10_000_000),
            None,
            stop,
        )
    assert detector.to_bytes() == before
