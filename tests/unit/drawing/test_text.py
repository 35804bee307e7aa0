"""Names are shown without anything invisible and never move what is beside them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdrift.drawing.text import clip, shorten, width
from simdrift.results.text import encodable, visible

ANY = st.text(st.characters(exclude_categories=()))


@given(ANY)
def test_visible_text_has_no_control_direction_or_surrogate_character(text):
    shown = visible(text)
    shown.encode("utf-8")
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    moving = {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI", "PDI", "PDF"}
    assert moving.isdisjoint(map(unicodedata.bidirectional, shown))


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))))
def test_printable_ascii_is_as_it_was(text):
    assert visible(text) == text


def test_escapes_are_readable():
    assert visible("a\x00\x1b\u202e\ud800\n") == "a\\x00\\x1b\\u202e\\ud800\\x0a"


@given(ANY)
def test_encodable_changes_lone_surrogates_only(text):
    shown = encodable(text)
    shown.encode("utf-8")
    assert (shown == text) == (not any("\ud800" <= c <= "\udfff" for c in text))


@given(ANY, st.integers(1, 40))
def test_clipped_text_fits(text, cells):
    assert width(clip(text, cells)) <= cells


@pytest.mark.parametrize(
    ("text", "cells"), [("abc", 3), ("列名", 4), ("é", 1), ("e\u0301", 1), ("", 0), ("עברית", 5)]
)
def test_width_counts_terminal_cells(text, cells):
    assert width(text) == cells


def test_long_names_keep_both_ends():
    short = shorten("start_" + "x" * 10_000 + "_end", 30)
    assert len(short) == 30
    assert short.startswith("start_")
    assert short.endswith("_end")
