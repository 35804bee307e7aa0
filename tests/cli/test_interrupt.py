"""Ctrl-C: the process is gone within 200 ms, with its code, one line, and nothing lost."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

LIMIT = 0.2  # seconds from the signal to the end of the process
ATTEMPTS = 3  # a busy machine may be late once

HOURS = """
monitor = "hours"
data = "hours.parquet"
window = "1h"

[reference]
start = 2020-01-01
end = 2020-02-01

[columns]
timestamp = "t"
"""


def interrupted(
    command: list[str], ready: Callable[[], bool], environment: dict[str, str], folder: Path
) -> tuple[float, int, str]:
    """SIGINT as soon as it is ready: (seconds to the end, code, what stood on stderr)."""
    errors = folder / "stderr"
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.DEVNULL,
            stderr=stream,
            env=environment,
            cwd=folder,
        )
        while not ready():
            assert process.poll() is None, errors.read_text()
            time.sleep(0.005)
        time.sleep(0.05)
        began = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        seconds = time.perf_counter() - began
    return seconds, process.returncode, errors.read_text()


def stops_in_time(
    command: list[str],
    ready: Callable[[], bool],
    environment: dict[str, str],
    folder: Path,
    before: Callable[[], None] = lambda: None,
) -> None:
    taken = []
    for _ in range(ATTEMPTS):
        before()
        seconds, code, words = interrupted(command, ready, environment, folder)
        assert code == 130
        assert words.strip().splitlines()[-1].endswith("simdrift: stopped by Ctrl-C")
        assert "Traceback" not in words
        taken.append(seconds)
        if seconds < LIMIT:
            return
    pytest.fail(f"took {taken} s to stop")


def test_windows_stop_within_200_ms(environment: dict[str, str], tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    times = np.datetime64("2020-01-01", "us") + np.arange(400_000).astype("timedelta64[m]")
    table = pa.table(
        {"t": times, "x": rng.normal(size=times.size), "y": rng.normal(size=times.size)}
    )
    parquet.write_table(table, tmp_path / "hours.parquet")
    (tmp_path / "monitor.toml").write_text(HOURS)
    command = ["-m", "simdrift", "run", "monitor.toml", "--no-store", "--progress"]
    errors = tmp_path / "stderr"
    stops_in_time(command, lambda: "columns [" in errors.read_text(), environment, tmp_path)


FOREVER = """
import numpy as np, sys
import simdrift as sd
from simdrift.cli import main
from simdrift.monitoring import files

x = np.random.default_rng(6).normal(size=5_000_000)

def forever(*paths, **options):
    print("ready", file=sys.stderr, flush=True)
    while True:
        sd.drift.ks(x, x)

files.compare_files = forever
main(["compare", "a.parquet", "b.parquet"])
"""


def test_the_core_stops_within_200_ms(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "forever.py").write_text(FOREVER)
    errors = tmp_path / "stderr"
    stops_in_time(["forever.py"], lambda: "ready" in errors.read_text(), environment, tmp_path)


READING = """
import os, signal, sys, threading, time
from simdrift.columns import open_parquet

def read():
    began = time.perf_counter()
    open_parquet("long.parquet")
    return time.perf_counter() - began

whole = min(read(), read())
sent = []

def interrupt():
    time.sleep(whole / 10)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt).start()
try:
    read()
except KeyboardInterrupt:
    print(time.perf_counter() - sent[0], whole, flush=True)
    os._exit(0)  # as the command does; the read would be waited for
"""


def test_reading_a_file_stops_before_it_is_read(
    environment: dict[str, str], tmp_path: Path
) -> None:
    texts = pa.array(np.arange(6_000_000)).cast(pa.string())  # one row group, half a second
    table = pa.table({"a": texts, "b": texts})
    parquet.write_table(
        table, tmp_path / "long.parquet", use_dictionary=False, row_group_size=2**26
    )
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            [sys.executable, "-c", READING], capture_output=True, text=True, env=environment,
            cwd=tmp_path, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        seconds, whole = map(float, done.stdout.split())
        if seconds < min(LIMIT, whole / 4):
            return
    pytest.fail(f"took {seconds} s to stop a read of {whole} s")


def test_waiting_for_a_server_stops_within_200_ms_and_keeps_the_results(
    environment: dict[str, str], days: Path
) -> None:
    spool = days.parent / "spool"

    def spooled() -> bool:
        return any(spool.glob("*.spool"))  # a .part is no batch yet: interrupted, it is gone

    def emptied() -> None:  # what an attempt before left there is not this one's
        shutil.rmtree(spool, ignore_errors=True)

    command = ["-m", "simdrift", "run", str(days)]
    stops_in_time(command, spooled, environment, days.parent, before=emptied)
    assert spooled()


STARTING = """
import os, signal, sys
from importlib.abc import MetaPathFinder

class Here(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Here())
from simdrift.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "module", ["click", "simdrift.monitoring.spec", "pydantic", "numpy", "pyarrow", "datetime"]
)
def test_an_import_of_the_command_stops_with_one_line(
    environment: dict[str, str], days: Path, module: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTING, "run", str(days), "--no-store"],
        capture_output=True, text=True, env={**environment, "INTERRUPT_AT": module},
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "\nsimdrift: stopped by Ctrl-C\n"  # below the terminal's ^C


def test_where_interrupts_are_ignored_they_stay_so(environment: dict[str, str], days: Path) -> None:
    """As for a job that a shell starts in the background."""
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + STARTING
    done = subprocess.run(
        [sys.executable, "-c", ignoring, "run", str(days), "--no-store"],
        capture_output=True, text=True, env={**environment, "INTERRUPT_AT": "pydantic"},
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
