"""A real browser, run once over a file, and the pictures that it takes."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = next((path for name in BROWSERS if (path := shutil.which(name))), None)
LIMIT_S = 60

NEEDED = pytest.mark.skipif(FOUND is None, reason=f"none of {', '.join(BROWSERS)} is installed")

Browse = Callable[..., str]


@pytest.fixture
def browse() -> Iterator[Browse]:
    """Runs the browser once over a file, in a process group and profile of its own."""
    with tempfile.TemporaryDirectory(prefix="simdrift-browser-") as profile:
        yield lambda page, *flags: _run(page, Path(profile), flags)


def _run(page: Path, profile: Path, flags: tuple[str, ...]) -> str:
    command = [
        str(FOUND),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *(
            "--hide-scrollbars",
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            "--log-level=0",
        ),
        f"--user-data-dir={profile}",
        *flags,
        page.as_uri(),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, log = process.communicate(timeout=LIMIT_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 0, log
    assert "CONSOLE" not in log, [line for line in log.splitlines() if "CONSOLE" in line]
    return output


def colours(png: bytes) -> tuple[int, int, set[bytes]]:
    """Width, height and the colours of an 8-bit RGB(A) picture: filters undone by hand."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8
    size = {2: 3, 6: 4}[kind]
    packed = b"".join(
        png[start + 8 : start + 8 + length]
        for start, length, name in _chunks(png)
        if name == b"IDAT"
    )
    raw, stride = zlib.decompress(packed), width * size
    before = bytearray(stride)
    found: set[bytes] = set()
    for row in range(height):
        start = row * (stride + 1)
        line = bytearray(raw[start + 1 : start + 1 + stride])
        _undo(raw[start], line, before, size)
        if row % 5 == 0:
            found.update(bytes(line[at : at + 3]) for at in range(0, stride, size * 3))
        before = line
    return width, height, found


def _chunks(png: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        yield place, length, png[place + 4 : place + 8]
        place += 12 + length


def _undo(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    """PNG specification, section 9: none, sub, up, average, Paeth."""
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))
        line[at] = (line[at] + guess[kind]) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    far = left + up - corner
    distances = (abs(far - left), abs(far - up), abs(far - corner))
    return (left, up, corner)[distances.index(min(distances))]
