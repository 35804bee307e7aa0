"""Producers of Arrow streams that fail: one clear error, everything that was handed over is
released once, and the next call is right.

The producers are C structs whose callbacks are Python functions. ctypes prints what such a
function raises, as it must: C has nowhere to put it.
"""

import ctypes
import errno
import gc
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import simdrift as sd
from simdrift import InvalidColumn
from simdrift._core import columns_from_arrow

sys.path.insert(0, str(Path(__file__).parent))
from arrow_structs import RELEASE, ArrowArray, ArrowSchema, Exporter, capsule_new

GET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
LAST_ERROR = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)


class ArrowArrayStream(ctypes.Structure):
    _fields_ = [
        ("get_schema", GET),
        ("get_next", GET),
        ("get_last_error", LAST_ERROR),
        ("release", RELEASE),
        ("private_data", ctypes.c_void_p),
    ]


class Broken(Exception):
    pass


class Stream:
    """A stream of batches that counts what it hands out and what comes back.

    `at` is the call of get_next, counted from 0, that does `fault` instead.
    """

    def __init__(self, batches, at=-1, fault=None, message=b"the disk is gone"):
        self.exporters = [Exporter(batch) for batch in batches]
        self.at, self.fault, self.message = at, fault, message
        self.calls = 0
        self.given, self.released = [], []
        self.raise_in = ()
        self.callbacks = {
            "schema": RELEASE(lambda struct: self.back("schema", struct, ArrowSchema)),
            "stream": RELEASE(lambda struct: self.back("stream", struct, ArrowArrayStream)),
        }
        for number in range(len(batches)):
            self.callbacks[f"array {number}"] = RELEASE(
                lambda struct, number=number: self.back(f"array {number}", struct, ArrowArray)
            )
        self.text = ctypes.create_string_buffer(message) if message is not None else None
        self.struct = ArrowArrayStream(
            GET(self.get_schema),
            GET(self.get_next),
            LAST_ERROR(lambda _: ctypes.addressof(self.text) if self.text else None),
            self.callbacks["stream"],
        )

    def __arrow_c_stream__(self, requested_schema=None):
        self.given.append("stream")
        return capsule_new(ctypes.addressof(self.struct), b"arrow_array_stream", None)

    def back(self, what, struct, kind):
        self.released.append(what)
        if what in self.raise_in:
            raise Broken(what)
        kind.from_address(struct).release = RELEASE()

    def hand(self, what, struct, out):
        struct.release = self.callbacks[what]
        ctypes.memmove(out, ctypes.addressof(struct), ctypes.sizeof(struct))
        self.given.append(what)
        return 0

    def get_schema(self, _, out):
        return self.hand("schema", self.exporters[0].schema, out)

    def get_next(self, _, out):
        number = self.calls
        self.calls += 1
        if number == self.at:
            return self.fault(self, out)
        if number == len(self.exporters):
            return 0
        return self.hand(f"array {number}", self.exporters[number].array, out)


@pytest.fixture(scope="module", autouse=True)
def frozen():
    """Collections look at this module's objects alone: those of a whole run take seconds."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def batch(*values):
    return pa.record_batch({"x": [float(value) for value in values]})


BATCHES = [batch(1, 2), batch(3), batch(4, 5, 6)]


def values(entries):
    [(name, kind, column)] = entries
    assert (name, kind) == ("x", "float64")
    return column.to_float64().tolist()


def assert_all_came_back(stream):
    gc.collect()
    assert sorted(stream.released) == sorted(stream.given)


def assert_the_next_call_is_right():
    stream = Stream(BATCHES)
    assert values(columns_from_arrow(stream)) == [1, 2, 3, 4, 5, 6]
    assert stream.given == ["stream", "schema", "array 0", "array 1", "array 2"]
    assert_all_came_back(stream)


def test_a_sound_stream_is_read_and_comes_back():
    assert_the_next_call_is_right()


@pytest.mark.parametrize("at", [0, 1, 3])
@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (errno.EIO, b"the disk is gone", "the Arrow stream failed: the disk is gone$"),
        (errno.EIO, None, "the Arrow stream failed: Input/output error$"),
        (errno.EIO, b"\xff\xfe", "the Arrow stream failed: \ufffd\ufffd$"),
        (errno.EIO, b"%s %n" * 2000, r"the Arrow stream failed: %s %n%s"),
        (-1, b"", "the Arrow stream failed: $"),
        (errno.ENOMEM, b"too much", "the Arrow stream failed: too much$"),
    ],
)
def test_a_batch_that_fails_is_one_error_with_the_producers_words(at, code, message, words):
    stream = Stream(BATCHES, at, lambda *_: code, message)
    with pytest.raises(InvalidColumn, match=words):
        columns_from_arrow(stream)
    assert stream.calls == at + 1
    assert_all_came_back(stream)
    assert_the_next_call_is_right()


def test_a_producer_without_memory_is_a_memory_error():
    stream = Stream(BATCHES, 1, lambda *_: errno.ENOMEM, None)
    with pytest.raises(MemoryError):
        columns_from_arrow(stream)
    assert_all_came_back(stream)


def test_a_failed_call_that_leaves_an_array_behind_is_not_read():
    """What a failed get_next has written is nobody's: it may be half of an array."""

    def fault(stream, out):
        ctypes.memset(out, 0x5A, ctypes.sizeof(ArrowArray))
        return errno.EIO

    stream = Stream(BATCHES, 1, fault)
    with pytest.raises(InvalidColumn, match="the disk is gone"):
        columns_from_arrow(stream)
    assert_all_came_back(stream)


@pytest.mark.parametrize("written", [False, True])
def test_a_schema_that_fails(written):
    stream = Stream(BATCHES)

    def fail(_, out):
        if written:
            ctypes.memset(out, 0x5A, ctypes.sizeof(ArrowSchema))
        return errno.EINVAL

    stream.struct.get_schema = GET(fail)
    with pytest.raises(InvalidColumn, match="the Arrow stream failed: the disk is gone"):
        columns_from_arrow(stream)
    assert stream.given == ["stream"]
    assert_all_came_back(stream)


def test_a_schema_that_is_released_already():
    stream = Stream(BATCHES)
    stream.struct.get_schema = GET(lambda *_: 0)
    with pytest.raises(InvalidColumn, match="expected an Arrow schema, found one already released"):
        columns_from_arrow(stream)
    assert_all_came_back(stream)


@pytest.mark.parametrize("missing", ["get_schema", "get_next"])
def test_a_callback_that_is_a_null_pointer(missing):
    stream = Stream(BATCHES)
    setattr(stream.struct, missing, GET())
    with pytest.raises(InvalidColumn, match="get_schema and get_next, found a null pointer"):
        columns_from_arrow(stream)
    stream.struct.get_last_error = LAST_ERROR()
    assert_the_next_call_is_right()


def test_an_error_without_get_last_error_is_the_code_in_words():
    stream = Stream(BATCHES, 0, lambda *_: errno.EPIPE)
    stream.struct.get_last_error = LAST_ERROR()
    with pytest.raises(InvalidColumn, match="the Arrow stream failed: Broken pipe"):
        columns_from_arrow(stream)
    assert_all_came_back(stream)


def test_a_stream_without_release_is_one_already_released():
    stream = Stream(BATCHES)
    stream.struct.release = RELEASE()
    with pytest.raises(InvalidColumn, match="expected an Arrow stream, found one already released"):
        columns_from_arrow(stream)
    assert stream.calls == 0


def test_a_stream_that_ends_early_has_the_rows_that_came():
    stream = Stream(BATCHES, 1, lambda *_: 0)
    assert values(columns_from_arrow(stream)) == [1, 2]
    assert_all_came_back(stream)
    stream = Stream(BATCHES, 0, lambda *_: 0)
    assert values(columns_from_arrow(stream)) == []
    assert_all_came_back(stream)


OTHERS = {
    "a column less": pa.record_batch({"x": [1.0], "y": [2.0]}).select([]),
    "a column more": pa.record_batch({"x": [1.0], "y": [2.0]}),
    "another type": pa.record_batch({"x": ["a text", "two"]}),
    "a struct for a number": pa.record_batch({"x": [{"a": 1}]}),
    "a dictionary for a number": pa.record_batch({"x": pa.array(["a"]).dictionary_encode()}),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_batch_of_another_schema_is_refused(other):
    stream = Stream([batch(1, 2), other, batch(3)])
    refused = None
    try:
        [(_, _, refused)] = columns_from_arrow(stream)
    except InvalidColumn as error:
        refused = error
    assert isinstance(refused, InvalidColumn)
    assert "batch 1" in str(refused) or "chunk 1" in str(refused)
    del refused
    assert_all_came_back(stream)
    assert_the_next_call_is_right()


# -- callbacks that raise


@pytest.fixture
def printed(monkeypatch):
    """The exceptions that nobody could catch."""
    found = []
    monkeypatch.setattr(sys, "unraisablehook", lambda problem: found.append(problem.exc_type))
    return found


@pytest.mark.parametrize("what", ["schema", "stream", "array 0", "array 1", "array 2"])
def test_a_release_that_raises_is_printed_and_the_others_are_released(what, printed):
    stream = Stream(BATCHES)
    stream.raise_in = (what,)
    entries = columns_from_arrow(stream)
    assert values(entries) == [1, 2, 3, 4, 5, 6]
    del entries
    assert_all_came_back(stream)
    assert printed == [Broken]
    assert_the_next_call_is_right()


def test_releases_that_raise_do_not_hide_the_error_of_the_call(printed):
    stream = Stream(BATCHES, 2, lambda *_: errno.EIO)
    stream.raise_in = ("schema", "stream", "array 0", "array 1")
    with pytest.raises(InvalidColumn, match="the disk is gone"):
        columns_from_arrow(stream)
    assert_all_came_back(stream)
    assert printed == [Broken] * 4


@pytest.mark.parametrize("attribute", ["schema", "array"])
def test_a_release_of_an_array_that_raises(attribute, printed):
    exporter, calls = Exporter(BATCHES[0]), []

    def fail(struct):
        calls.append(struct)
        raise Broken

    callback = RELEASE(fail)
    getattr(exporter, attribute).release = callback
    assert values(columns_from_arrow(exporter)) == [1, 2]
    gc.collect()
    assert len(calls) == 1
    assert printed == [Broken]


def test_an_exception_that_c_leaves_behind_is_raised_or_printed_at_the_end(printed):
    """A C function of Python's own as the callback: it sets MemoryError and returns."""
    left = ctypes.cast(ctypes.pythonapi.PyErr_NoMemory, ctypes.c_void_p).value
    stream = Stream(BATCHES)
    stream.struct.get_schema = GET(left)
    with pytest.raises(MemoryError):
        columns_from_arrow(stream)
    exporter = Exporter(BATCHES[0])
    exporter.array.release = RELEASE(left)
    assert values(columns_from_arrow(exporter)) == [1, 2]
    gc.collect()
    assert printed == [MemoryError]
    assert_the_next_call_is_right()


def test_a_release_that_reads_another_stream(printed):
    """A callback may do anything, reading columns included."""
    stream, read = Stream(BATCHES), []
    own = stream.back

    def back(what, struct, kind):
        read.append(values(columns_from_arrow(Stream(BATCHES[:1]))))
        own(what, struct, kind)

    stream.back = back
    assert values(columns_from_arrow(stream)) == [1, 2, 3, 4, 5, 6]
    assert_all_came_back(stream)
    assert read == [[1, 2]] * 5
    assert printed == []


@pytest.mark.parametrize("kind", [ValueError, AttributeError, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("method", ["__arrow_c_stream__", "__arrow_c_array__"])
def test_what_the_protocol_method_raises_is_raised(method, kind):
    def fail(self, requested_schema=None):
        raise kind("of the producer")

    data = type("Producer", (), {method: fail})()
    with pytest.raises(kind, match="of the producer"):
        columns_from_arrow(data)
    with pytest.raises(kind, match="of the producer"):
        sd.compare(data, data)


def test_a_comparison_says_what_the_stream_said():
    good = pa.table({"x": [1.0, 2.0, 3.0]})
    with pytest.raises(InvalidColumn, match="the Arrow stream failed: the disk is gone"):
        sd.compare(good, Stream(BATCHES, 1, lambda *_: errno.EIO))
    assert len(sd.compare(good, Stream(BATCHES)).results) > 0
