"""A file is there whole or not at all."""

from __future__ import annotations

import os

import pytest

from simdrift.results.files import write_text


def test_writes_what_is_given(tmp_path):
    write_text(tmp_path / "a.html", "é\n")
    assert (tmp_path / "a.html").read_bytes() == b"\xc3\xa9\n"
    assert os.listdir(tmp_path) == ["a.html"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.html"
    path.write_text("old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.html"]


def test_text_that_can_not_be_encoded_creates_nothing(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a.html", "\ud800")
    assert os.listdir(tmp_path) == []


def test_an_absent_folder_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "absent" / "a.html"
    with pytest.raises(FileNotFoundError) as caught:
        write_text(path, "x")
    assert caught.value.filename == str(path)  # and not the temporary file's


def test_a_replaced_file_keeps_its_mode_and_a_link_its_target(tmp_path):
    path, link = tmp_path / "a.html", tmp_path / "link.html"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_mode_that_open_gives(tmp_path):
    (tmp_path / "by_open").write_text("x")
    write_text(tmp_path / "ours", "x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "by_open").stat().st_mode
