"""A real browser shows the pages: no error, every row, pictures with colour in them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import pytest
import synth
from page import parsed

from simdrift.results import ProfileReport, Report

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = next((path for name in BROWSERS if (path := shutil.which(name))), None)
LIMIT_S = 60

pytestmark = pytest.mark.skipif(FOUND is None, reason=f"none of {', '.join(BROWSERS)} is installed")

Browse = Callable[..., str]


@pytest.fixture
def browse() -> Iterator[Browse]:
    """Runs the browser once over a file, in a process group and profile of its own."""
    with tempfile.TemporaryDirectory(prefix="simdrift-browser-") as profile:
        yield lambda page, *flags: _run(page, Path(profile), flags)


def _run(page: Path, profile: Path, flags: tuple[str, ...]) -> str:
    command = [
        str(FOUND),
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--disable-dev-shm-usage", "--enable-logging=stderr", "--log-level=0"),
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


@pytest.fixture
def saved(tmp_path) -> Callable[[Report | ProfileReport], Path]:
    def save(report: Report | ProfileReport) -> Path:
        path = tmp_path / "page.html"
        report.save_html(path)
        return path

    return save


def test_a_comparison_is_shown_with_all_its_rows(browse, saved):
    report = Report(synth.comparison(), title="January and February")
    page = parsed(browse(saved(report), "--dump-dom"))
    (table,) = page.all("table", "columns")
    assert len(table.all("tbody")[0].all("tr")) == len(report.columns)
    (everything,) = page.all("table", "all")
    assert len(everything.all("tbody")[0].all("tr")) == len(report.results)
    assert page.all("h1")[0].text == "January and February"


def test_a_monitor_is_shown_with_its_heat_map_and_charts(browse, saved):
    page = parsed(browse(saved(Report(synth.monitor(60))), "--dump-dom"))
    assert len(page.all("svg", "heat")) == 14
    assert len(page.all("figure")) >= 6


def test_hostile_names_do_nothing_in_a_browser(browse, saved, hostile_names):
    report = Report(synth.comparison(hostile_names))
    page = parsed(browse(saved(report), "--dump-dom"))
    assert not page.all("script")
    assert not page.all("img")
    (table,) = page.all("table", "columns")
    assert len(table.all("tbody")[0].all("tr")) == len(hostile_names)


@pytest.mark.parametrize(
    ("flags", "background"),
    [((), b"\xf5\xf6\xf8"), (("--force-dark-mode",), b"\x0e\x11\x16")],
    ids=["light", "dark"],
)
def test_a_picture_of_the_page_has_its_colours(browse, saved, tmp_path, flags, background):
    picture = tmp_path / "page.png"
    browse(
        saved(Report(synth.monitor(40))),
        f"--screenshot={picture}",
        "--window-size=600,700",
        "--force-color-profile=srgb",
        *flags,
    )
    width, height, found = colours(picture.read_bytes())
    assert (width, height) == (600, 700)
    assert background in found
    assert len(found) > 20


PROBE = """<!doctype html><title>none</title>
<iframe id="phone" style="width:360px;height:800px;border:0" srcdoc="{page}"></iframe>
<script>
phone.onload = () => {{ document.title = phone.contentDocument.documentElement.scrollWidth }}
</script>"""


def test_no_page_is_wider_than_a_phone(browse, tmp_path, hostile_names):
    frame = tmp_path / "frame.html"
    for report in (
        Report(synth.comparison()),
        Report(synth.monitor(40)),
        Report(synth.comparison(hostile_names)),
        ProfileReport(synth.profile()),
    ):
        frame.write_text(PROBE.format(page=escape(report.to_html())), encoding="utf-8")
        dom = browse(frame, "--dump-dom", "--window-size=800,900")
        assert re.search(r"<title>(\w+)</title>", dom).group(1) == "360"
