"""Identifiers are the same on every machine and in every version: literal values."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta, timezone
from uuid import NAMESPACE_DNS, UUID, uuid5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdrift.results import identity

START = datetime(2013, 2, 8, 5, tzinfo=UTC)
RUN = {
    "monitor": "flights-daily",
    "dataset": "flights",
    "model": "delay",
    "model_version": "1",
    "grain": "1d",
    "window_start": START,
    "window_end": START + timedelta(days=1),
    "spec_digest": "aa",
    "data_digest": "bb",
    "reference_digest": "cc",
}


def test_namespace_never_changes():
    assert UUID("b76245f7-5de0-5494-9a66-1346dc971f74") == identity.NAMESPACE
    assert uuid5(NAMESPACE_DNS, "simdrift") == identity.NAMESPACE


def test_run_id_never_changes():
    assert str(identity.run_id(**RUN)) == "467d6b9f-f5a3-5f5c-bab2-2731f5bd47ab"
    assert str(identity.run_id()) == "8fa5367e-a94e-5036-987c-68a5b98464c4"


def test_run_id_is_uuid5_of_the_canonical_json_written_by_hand():
    name = (
        '{"data_digest":"bb","dataset":"flights","grain":"1d","model":"delay",'
        '"model_version":"1","monitor":"flights-daily","reference_digest":"cc",'
        '"spec_digest":"aa","window_end":"2013-02-09T05:00:00Z",'
        '"window_start":"2013-02-08T05:00:00Z"}'
    )
    hashed = bytearray(hashlib.sha1(identity.NAMESPACE.bytes + name.encode()).digest()[:16])
    hashed[6] = hashed[6] & 0x0F | 0x50
    hashed[8] = hashed[8] & 0x3F | 0x80
    assert identity.run_id(**RUN) == UUID(bytes=bytes(hashed))


@pytest.mark.parametrize("field", RUN)
def test_run_id_depends_on_every_field(field):
    value = RUN[field]
    other = value + timedelta(seconds=1) if isinstance(value, datetime) else value + "x"
    assert identity.run_id(**{**RUN, field: other}) != identity.run_id(**RUN)


def test_run_id_is_of_the_instant_not_of_its_zone():
    there = START.astimezone(timezone(timedelta(hours=-5)))
    assert identity.run_id(**{**RUN, "window_start": there}) == identity.run_id(**RUN)


def test_run_id_refuses_a_time_without_a_zone():
    with pytest.raises(ValueError, match="expected a time with a zone, found 2013-02-08T05:00:00"):
        identity.run_id(window_start=datetime(2013, 2, 8, 5))


def test_series_key_never_changes():
    key = identity.series_key(
        "flights-daily", "flights", "delay", "1", "origin=JFK", "dep_delay", "quality.quantile",
        "q=0.5", "1d",
    )  # fmt: skip
    assert str(key) == "43e8a4ca-49ee-5816-92dc-8dcf819cda3b"
    assert str(identity.series_key(*[""] * 9)) == "1c9f2c2a-4611-5a6e-8c8a-34a632359425"


TEXT = st.text(st.characters(exclude_categories=()), max_size=4)


@given(st.lists(TEXT, min_size=9, max_size=9), st.integers(0, 8), TEXT)
def test_series_keys_are_equal_only_for_equal_texts(texts, place, text):
    other = [*texts[:place], text, *texts[place + 1 :]]
    assert (identity.series_key(*texts) == identity.series_key(*other)) == (texts == other)


def test_halves_of_a_surrogate_pair_are_not_the_character_that_they_would_make():
    keys = ("", "flights", "", "", "", "", "drift.ks", "", "1d")
    for place in range(len(keys)):
        one, two = (
            identity.series_key(*keys[:place], text, *keys[place + 1 :])
            for text in ("\U0001f600", "\ud83d" + "\ude00")
        )
        assert one != two
    assert identity.canonical_json(["\U0001f600"]) != identity.canonical_json(["\ud83d" + "\ude00"])


def test_canonical_json_is_sorted_tight_and_ascii():
    value = {"b": (1, 2.5, None, True), "a": "é\ud800", "c": {"z": START, "y": UUID(int=1)}}
    assert identity.canonical_json(value) == (
        '{"a":"\\u00e9\\ud800","b":[1,2.5,null,true],'
        '"c":{"y":"00000000-0000-0000-0000-000000000001","z":"2013-02-08T05:00:00Z"}}'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": -math.inf}])
def test_canonical_json_refuses_what_json_has_no_number_for(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        identity.canonical_json(value)


@pytest.mark.parametrize("value", [{1: "a"}, {"a"}, object(), b"bytes"])
def test_canonical_json_refuses_what_has_no_single_text(value):
    with pytest.raises(TypeError):
        identity.canonical_json(value)


def test_digest_never_changes():
    assert identity.digest([]) == hashlib.sha256(b"").hexdigest()
    parts = [b"ab", "ab", 12, -1, 1.5, None, True, math.nan, "é\ud800"]
    assert identity.digest(parts) == (
        "99182a0e51a67c9dda881f8dfdd3aa7eef42e20a528777ad12889349a85c27e9"
    )


def test_digest_is_sha256_of_tags_lengths_and_payloads():
    expected = hashlib.sha256(
        b"b\x02\0\0\0\0\0\0\0ab" + b"s\x02\0\0\0\0\0\0\0\xc3\xa9" + b"0\0\0\0\0\0\0\0\0"
    )
    assert identity.digest([b"ab", "é", None]) == expected.hexdigest()


def test_digest_tells_types_and_borders_apart():
    variants = [["ab", "c"], ["a", "bc"], ["abc"], [b"abc"], ["abc", None], ["1"], [b"1"], [1]]
    variants += [[1.0], [True], [None], [""], [], [0.0], [-0.0]]
    assert len({identity.digest(parts) for parts in variants}) == len(variants)


def test_digest_takes_buffers_of_any_item_size_without_a_copy():
    array = np.arange(5, dtype=np.int64)
    assert identity.digest([memoryview(array)]) == identity.digest([array.tobytes()])


def test_digest_refuses_other_types():
    with pytest.raises(TypeError, match="expected bytes, str, int, float or None, found list"):
        identity.digest([[1]])
