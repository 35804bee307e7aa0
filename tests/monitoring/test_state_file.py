"""The file of a reference: what goes in comes out, and nothing else is believed."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from simdrift._errors import InputError
from simdrift.monitoring import state_file

CONTENT = {"columns": [{"name": "färe", "kind": "numeric"}], "rows": 3, "none": None}
ARRAYS = {
    "values": np.array([-0.0, 5e-324, np.inf]),
    "counts": np.array([[1, 2], [3, 2**62]]),
    "keys": np.array([2**64 - 1], np.uint64),
    "codes": np.arange(3, dtype=np.int32),
    "bytes": np.frombuffer(b"abc", np.uint8),
    "none": np.empty(0),
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "a.sdref"
    state_file.write(path, CONTENT, ARRAYS)
    return path


def test_content_and_arrays_come_back_bit_for_bit(saved: Path) -> None:
    content, arrays = state_file.read(saved)
    assert content == CONTENT
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()


def test_the_layout_is_the_documented_one(saved: Path) -> None:
    data = saved.read_bytes()
    assert data[:12] == b"sdrift\r\n\x02\x00\x00\x00"
    (size,) = struct.unpack_from("<Q", data, 12)
    assert (20 + size) % 64 == 0
    assert data[20 + size : 20 + size + 24] == ARRAYS["values"].tobytes()
    assert data[-32:] == hashlib.sha256(data[:-32]).digest()


def test_the_same_state_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    state_file.write(tmp_path / "b.sdref", CONTENT, ARRAYS)
    assert (tmp_path / "b.sdref").read_bytes() == saved.read_bytes()


def test_byte_swapped_and_strided_arrays_are_written_little_endian(tmp_path: Path) -> None:
    path = tmp_path / "c.sdref"
    state_file.write(path, {}, {"a": np.arange(6, dtype=">f8")[::2]})
    assert state_file.read(path)[1]["a"].tolist() == [0.0, 2.0, 4.0]


@pytest.mark.parametrize("kept", [21, 100, -1, -33])
def test_a_truncated_file_is_refused(saved: Path, kept: int) -> None:
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(InputError, match="truncated or damaged"):
        state_file.read(saved)


@pytest.mark.parametrize("at", [25, 300, -1])
def test_a_flipped_bit_is_refused(saved: Path, at: int) -> None:
    data = bytearray(saved.read_bytes())
    data[at] ^= 1
    saved.write_bytes(data)
    with pytest.raises(InputError, match="truncated or damaged"):
        state_file.read(saved)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"sdrift\n", b"\x80\x04\x95pickle" * 10])
def test_a_foreign_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(data)
    with pytest.raises(InputError, match="no saved reference; expected a file that"):
        state_file.read(path)
    assert not state_file.is_state_file(path)


def test_a_newer_format_is_refused_by_name(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[8] = 3
    saved.write_bytes(data)
    with pytest.raises(InputError, match=r"newer simdrift \(format 3, this one reads up to 2\)"):
        state_file.read(saved)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.sdref: no such file"):
        state_file.read(tmp_path / "gone.sdref")


def test_a_failed_write_leaves_the_old_file(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(TypeError, match="complex128"):
        state_file.write(saved, {}, {"a": np.zeros(1, complex)})
    assert saved.read_bytes() == before
    with pytest.raises(InputError, match="can't be written"):
        state_file.write(saved.parent / "no" / "folder", {}, {})
    assert [p.name for p in saved.parent.iterdir()] == ["a.sdref"]
