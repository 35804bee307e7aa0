"""Digests of groups: against the construction in plain Python, equal over layouts, different for
every change that was thought of."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from simdrift import _core
from simdrift._core import Column

SEED = 20261130
WORD = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15
ROOTS = [
    0x6A09E667F3BCC909,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
]
VALUES, NULLS, LENGTHS, SEGMENTS = 1, 2, 3, 4
SEGMENT_ROWS, BLOCK_ROWS = 65_536, 4_096


def arrow(array: pa.Array | pa.ChunkedArray) -> Column:
    [(_, _, column)] = _core.columns_from_arrow(array)
    assert isinstance(column, Column)
    return column


def digest(column: Column, start: int = 0, stop: int | None = None) -> bytes:
    stop = len(column) if stop is None else stop
    [row] = _core.digest_groups(column, np.array([start]), np.array([stop]))
    return row.tobytes()


# --- the construction, a word at a time ---------------------------------------------------


def step(s: int, t: int, v: int, w: int) -> tuple[int, int]:
    product = (v ^ s) * (w ^ t)
    return ((product >> 64) + w + GOLDEN) & WORD, (product & WORD) ^ v


def scramble(x: int) -> int:
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & WORD
    return x ^ x >> 31


def stream(purpose: int, data: bytes) -> bytes:
    state = [root ^ (purpose * GOLDEN & WORD) for root in ROOTS]
    padded = data + bytes(-len(data) % 64)
    for (*words,) in struct.iter_unpack("<8Q", padded):
        for i in range(0, 8, 2):
            state[i], state[i + 1] = step(state[i], state[i + 1], words[i], words[i + 1])
    s, t = ROOTS[0], ROOTS[1]
    for i in range(0, 8, 2):
        s, t = step(s, t, state[i], state[i + 1])
    s, t = step(s, t, len(data), ROOTS[2])
    s, t = step(s, t, ROOTS[3], ROOTS[4])
    s = scramble(s)
    t = scramble((t + s) & WORD)
    s = scramble((s + t) & WORD)
    return struct.pack("<QQ", s, t)


def null_stream(nulls: list[bool]) -> bytes:
    data = b""
    for start in range(0, len(nulls), BLOCK_ROWS):
        block = nulls[start : start + BLOCK_ROWS]
        if not any(block):
            continue
        bits = np.packbits(np.array(block), bitorder="little").tobytes()
        data += struct.pack("<Q", start) + bits + bytes(-len(bits) % 8)
    return data


def expected_numbers(words: np.ndarray, nulls: list[bool]) -> bytes:
    segments = b""
    for start in range(0, len(words), SEGMENT_ROWS):
        stop = start + SEGMENT_ROWS
        both = stream(VALUES, words[start:stop].tobytes())
        both += stream(NULLS, null_stream(nulls[start:stop]))
        segments += stream(SEGMENTS, both)
    return stream(SEGMENTS, segments + struct.pack("<QQ", len(words), sum(nulls)))


def expected_texts(texts: list[str | None]) -> bytes:
    lengths = [WORD if t is None else len(t.encode()) for t in texts]
    both = stream(VALUES, "".join(t or "" for t in texts).encode())
    both += stream(LENGTHS, struct.pack(f"<{len(texts)}Q", *lengths))
    segments = stream(SEGMENTS, both) if texts else b""
    return stream(SEGMENTS, segments + struct.pack("<QQ", len(texts), texts.count(None)))


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 100, 4_097, 65_537])
def test_a_digest_is_the_construction_that_is_documented(rows):
    rng = np.random.default_rng(SEED)
    values = rng.normal(size=rows)
    assert digest(Column.from_numpy(values)) == expected_numbers(values, [False] * rows)
    integers = rng.integers(-(2**62), 2**62, rows)
    mask = rng.random(rows) < 0.2
    mask[:4_096] &= rng.random() < 0.5  # a block with nulls, or one without
    found = digest(Column.from_numpy(integers, mask))
    assert found == expected_numbers(np.where(mask, 0, integers), mask.tolist())


def test_a_digest_of_floats_with_nulls_is_the_construction_that_is_documented():
    values = np.array([1.0, -0.0, np.nan, np.inf, 5.0] * 30)
    mask = np.array([False, False, False, True, False] * 30)
    found = digest(Column.from_numpy(values, mask))
    assert found == expected_numbers(np.where(mask, np.nan, values), mask.tolist())


def test_a_digest_of_text_is_the_construction_that_is_documented():
    texts = ["", "a", None, "déjà", "", "x" * 5_000, None, "end"] * 9
    expected = expected_texts(texts)
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        assert digest(arrow(pa.array(texts, kind))) == expected
    assert digest(Column.from_text(texts)) == expected
    assert digest(arrow(pa.array(texts).dictionary_encode())) == expected
    assert digest(arrow(pa.array(["", "", ""]))) == expected_texts(["", "", ""])
    assert digest(arrow(pa.array([""]).dictionary_encode())) == expected_texts([""])


# --- equal ------------------------------------------------------------------------------


def chunked(array: pa.Array, seed: int) -> pa.ChunkedArray:
    cuts = np.sort(np.random.default_rng(seed).integers(0, len(array) + 1, 5)).tolist()
    return pa.chunked_array([array[a:b] for a, b in pairwise([0, *cuts, len(array)])], array.type)


def test_layout_and_chunks_change_nothing():
    rng = np.random.default_rng(SEED)
    values, mask = rng.normal(size=150_000), rng.random(150_000) < 0.1
    for nulls in (None, mask):
        array = pa.array(values, mask=nulls)
        expected = digest(arrow(array))
        assert digest(Column.from_numpy(values, nulls)) == expected
        assert digest(Column.from_numpy(values.astype(">f8"), nulls)) == expected
        assert digest(Column.from_numpy(np.repeat(values, 2)[::2], nulls)) == expected
        assert digest(arrow(chunked(array, SEED))) == expected
        assert digest(arrow(pa.concat_arrays([pa.array([9.0]), array])), 1) == expected
        assert digest(arrow(array.dictionary_encode())) == expected


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_integers_of_any_width_have_one_digest(dtype):
    values = np.arange(100) % 90
    expected = digest(Column.from_numpy(values))
    assert digest(Column.from_numpy(values.astype(dtype))) == expected
    array = pa.array(values.astype(dtype))
    assert digest(arrow(array.dictionary_encode())) == expected


def test_large_unsigned_integers_are_their_bits():
    values = np.array([2**64 - 1, 2**63, 5], np.uint64)
    assert digest(Column.from_numpy(values)) == expected_numbers(values, [False] * 3)
    assert digest(arrow(pa.array(values).dictionary_encode())) == digest(Column.from_numpy(values))


def test_text_in_a_dictionary_is_text():
    rng = np.random.default_rng(SEED)
    texts = pa.array(rng.choice(["a", "bc", "", "longer than sixteen bytes"], 70_000))
    texts = pa.array([None if i % 7 == 3 else t.as_py() for i, t in enumerate(texts)])
    expected = digest(arrow(texts))
    assert digest(arrow(texts.dictionary_encode())) == expected
    assert digest(arrow(chunked(texts, 1).cast(pa.dictionary(pa.int8(), pa.string())))) == expected
    assert digest(arrow(chunked(texts, 2))) == expected
    own = [texts[a:b].dictionary_encode() for a, b in ((0, 11), (11, 5_000), (5_000, 70_000))]
    chunks = pa.chunked_array([pa.chunked_array([own[0]]).chunk(0), *own[1:]])
    assert digest(arrow(chunks)) == expected


def test_a_group_has_the_digest_of_its_rows_alone():
    values = np.random.default_rng(SEED).normal(size=200_000)
    column = Column.from_numpy(values)
    starts, stops = np.array([0, 5, 70_000, 3, 0]), np.array([200_000, 6, 199_999, 3, 100])
    for threads in (1, 2, 3):
        found = _core.digest_groups(column, starts, stops, threads=threads)
        assert found.shape == (5, 16)
        assert found.dtype == np.uint8
        for row, a, b in zip(found, starts, stops, strict=True):
            assert row.tobytes() == digest(Column.from_numpy(values[a:b].copy()))


# --- different --------------------------------------------------------------------------


def test_null_nan_and_values_differ():
    base = [1.0, 2.0, 3.0]
    variants = [
        Column.from_numpy(np.array(base)),
        Column.from_numpy(np.array([1.0, np.nan, 3.0])),
        Column.from_numpy(np.array(base), np.array([False, True, False])),
        Column.from_numpy(np.array(base), np.array([True, False, False])),
        Column.from_numpy(np.array([1.0, 0.0, 3.0])),
        Column.from_numpy(np.array([1.0, -0.0, 3.0])),
        Column.from_numpy(np.array([1.0, 2.0])),
        Column.from_numpy(np.array([1.0, 2.0, 3.0, 0.0])),
        Column.from_numpy(np.array([1, 2, 3])),
        Column.from_numpy(np.array([1, 0, 3])),
        Column.from_numpy(np.array([1, 0, 3]), np.array([False, True, False])),
        arrow(pa.nulls(3)),
        arrow(pa.nulls(4)),
        Column.from_numpy(np.empty(0)),
        arrow(pa.array(["ab", "c"])),
        arrow(pa.array(["a", "bc"])),
        arrow(pa.array(["abc", ""])),
        arrow(pa.array(["abc", None])),
        arrow(pa.array(["abc"])),
    ]
    assert len({digest(column) for column in variants}) == len(variants)


@pytest.mark.parametrize("values", ["normal", "zeros", "counts"])
def test_every_flipped_bit_changes_half_of_the_digest(values):
    rng = np.random.default_rng(SEED)
    rows = {
        "normal": rng.normal(size=70),
        "zeros": np.zeros(70),
        "counts": rng.integers(0, 3, 70).astype(np.float64),
    }[values]
    base = np.frombuffer(digest(Column.from_numpy(rows)), np.uint8)
    changed = []
    for row in range(70):
        for bit in range(64):
            flipped = rows.copy()
            flipped.view(np.uint64)[row] ^= np.uint64(1) << np.uint64(bit)
            found = np.frombuffer(digest(Column.from_numpy(flipped)), np.uint8)
            changed.append(np.unpackbits(found ^ base))
    bits = np.array(changed)
    per_change = bits.sum(axis=1)  # of 128, binomial: 64, standard deviation 5.7
    assert per_change.min() > 30
    assert per_change.max() < 98
    per_bit = bits.mean(axis=0)  # of 4,480 changes: 0.5, standard deviation 0.0075
    assert per_bit.min() > 0.46
    assert per_bit.max() < 0.54
    assert len({row.tobytes() for row in bits}) == len(bits)


def test_small_columns_that_differ_have_digests_that_differ():
    """All columns of up to 4 rows over 8 values that are next to each other or special."""
    special = np.array([0.0, -0.0, 1.0, 2.0, 4.0, np.nextafter(1.0, 2.0), np.nan, np.inf])
    grids = [np.stack(np.meshgrid(*[special] * k, indexing="ij"), -1) for k in range(1, 5)]
    total, seen = 0, set()
    for grid in grids:
        rows = grid.reshape(-1, grid.shape[-1])
        column = Column.from_numpy(rows.ravel())
        starts = np.arange(len(rows)) * rows.shape[1]
        found = _core.digest_groups(column, starts, starts + rows.shape[1])
        seen.update(row.tobytes() for row in found)
        total += len(rows)
    assert total == 8 + 64 + 512 + 4_096
    assert len(seen) == total


def test_swaps_shifts_and_permutations_differ():
    rng = np.random.default_rng(SEED)
    rows = rng.integers(0, 50, 600).astype(np.float64)
    rows[0] = -1.0
    variants = {rows.tobytes()}
    for _ in range(2_000):
        swapped = rows.copy()
        i, j = rng.integers(0, 600, 2)
        swapped[[i, j]] = swapped[[j, i]]
        variants.add(swapped.tobytes())
    variants.update(np.roll(rows, k).tobytes() for k in range(600))
    variants.update(rng.permutation(rows).tobytes() for _ in range(2_000))
    variants.update(rows.reshape(-1, 8)[rng.permutation(75)].tobytes() for _ in range(500))
    found = {digest(Column.from_numpy(np.frombuffer(v))) for v in variants}
    assert len(found) == len(variants)


def test_halves_of_many_digests_do_not_collide():
    """200,000 windows of a column of small integers: neither 64-bit half repeats."""
    column = Column.from_numpy(np.random.default_rng(SEED).integers(0, 4, 200_040))
    starts = np.arange(200_000)
    found = _core.digest_groups(column, starts, starts + 40).view(np.uint64)
    assert np.unique(found[:, 0]).size == 200_000
    assert np.unique(found[:, 1]).size == 200_000
