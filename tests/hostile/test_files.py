"""What is written where a file is expected: devices, FIFOs, links and names that were planted."""

from __future__ import annotations

import io
import os
import pwd
import stat
import subprocess
import sys
import threading
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from commands import command_environment, run_command

import simdrift as sd
from simdrift._errors import InputError
from simdrift.results import files
from simdrift.results.files import read_bytes, write_text

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


def reader_of(fifo: Path) -> tuple[threading.Thread, list[bytes]]:
    """A thread that reads the FIFO to its end, and the list that its content comes to."""
    found: list[bytes] = []
    thread = threading.Thread(target=lambda: found.append(fifo.read_bytes()), daemon=True)
    thread.start()
    return thread, found


def test_a_fifo_is_written_to_and_stays_one(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    thread, found = reader_of(fifo)
    write_text(fifo, "page")
    thread.join(10)
    assert found == [b"page"]
    assert stat.S_ISFIFO(fifo.lstat().st_mode)
    assert os.listdir(tmp_path) == ["fifo"]


@as_root
def test_a_device_is_written_to_and_stays_one(tmp_path):
    node = tmp_path / "null"
    try:
        os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(1, 3))  # the null device, as everywhere
        node.open("wb").close()
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    write_text(node, "page")
    sd.Reference.fit({"x": [1.0, 2.0]}).save(node)
    assert stat.S_ISCHR(node.lstat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_where_others_have_got_to(tmp_path, name):
    code = f"print('before', flush=True); write_text({name!r}, 'page\\n'); print('after')"
    with (tmp_path / "out").open("wb") as out:
        out.write(b"first\n")
        out.flush()
        script = f"from simdrift.results.files import write_text; {code}"
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "first\nbefore\npage\nafter\n"


@needs_full
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    link = tmp_path / "page.html"
    link.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as raised:
        write_text(link, "page")
    assert raised.value.filename == str(link)


def test_a_folder_a_socket_and_a_loop_of_links_are_refused_by_name(tmp_path):
    import socket

    folder, bound, loop = (tmp_path / name for name in ("folder", "socket", "loop"))
    folder.mkdir()
    loop.symlink_to(loop)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(bound))
        said = ("Is a directory", "No such device", "Too many levels")
        for path, words in zip((folder, bound, loop), said, strict=True):
            with pytest.raises(OSError, match=words) as raised:
                write_text(path, "page")
            assert raised.value.filename == str(path)
    assert sorted(os.listdir(tmp_path)) == ["folder", "loop", "socket"]


@pytest.mark.parametrize("name", ["a\0b", "half \ud83d"])
def test_a_name_that_no_file_can_have_is_an_oserror(tmp_path, name):
    with pytest.raises(OSError, match="name of a file"):
        write_text(f"{tmp_path}/{name}", "page")
    with pytest.raises(InputError, match="name of a file"):
        sd.Reference.fit({"x": [1.0]}).save(f"{tmp_path}/{name}")
    assert os.listdir(tmp_path) == []


def test_a_name_that_is_no_utf_8_is_written_and_read(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.reference")
    sd.Reference.fit({"x": [1.0, 2.0]}).save(path)
    assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9.reference"]
    assert sd.Reference.load(path).rows == 2


def parquet_bytes(**columns: list[float]) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out, store_schema=False)
    return out.getvalue()


def test_a_parquet_file_whose_name_is_no_utf_8_is_read(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.parquet")
    path.write_bytes(parquet_bytes(x=[1.0, 2.0]))
    assert sd.profile(path).results.filter(column="x", metric="quality.mean")[0].value == 1.5
    assert run(tmp_path, "profile", path).returncode == 0
    done = run(tmp_path, "profile", path, "--html", os.fsdecode(b"p\xe4ge.html"))
    assert done.returncode == 0, done.stderr
    assert b"p\xe4ge.html" in os.listdir(os.fsencode(tmp_path))


def test_column_names_that_are_no_utf_8_are_refused_by_file(tmp_path):
    path = tmp_path / "names.parquet"
    path.write_bytes(parquet_bytes(cafe=[1.0], x=[2.0]).replace(b"cafe", b"caf\xe9"))
    for read in (lambda: sd.profile(path), lambda: sd.profile(path, columns=["x"])):
        with pytest.raises(InputError, match=r"names\.parquet: .*column names are no UTF-8"):
            read()


# -- the command line


def run(folder: Path, *arguments: object, **streams: IO[bytes]) -> CompletedProcess[bytes]:
    return run_command(arguments, cwd=folder, env=command_environment(), **streams)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet_bytes(x=[1.0, 2.0, 3.0]))
    return path


@pytest.mark.parametrize("name", ["/dev/stdout", "fifo"])
def test_a_page_can_be_piped(tmp_path, data, name):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    thread, found = reader_of(fifo)
    with fifo.open("wb") as stdout:
        done = run(tmp_path, "profile", data, "--html", name, stdout=stdout)
    assert done.returncode == 0, done.stderr
    thread.join(10)
    assert b"</html>" in found[0]
    assert stat.S_ISFIFO(fifo.lstat().st_mode)


@pytest.mark.parametrize("command", ["init", "schema infer"])
def test_a_fifo_needs_no_force(tmp_path, data, command):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    thread, found = reader_of(fifo)
    done = run(tmp_path, *command.split(), data, "-o", fifo)
    assert done.returncode == 0, done.stderr
    thread.join(10)
    assert b"x" in found[0]
    assert stat.S_ISFIFO(fifo.lstat().st_mode)


@pytest.mark.parametrize("what", ["fifo", "folder", "/dev/zero"])
def test_a_monitor_that_is_no_file_is_refused_and_not_waited_for(tmp_path, what):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    # data may come through a FIFO, a monitor's file may not
    for command in ("run",) if what == "fifo" else ("run", "profile"):
        done = run(tmp_path, command, what)
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1
        assert b"expected" in done.stderr


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams_change_neither_the_code_nor_what_is_written(tmp_path, data, closed):
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    def run(*arguments: object) -> CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "simdrift", *map(str, arguments)], cwd=tmp_path, timeout=60,
            env=command_environment(), capture_output=True, preexec_fn=close, check=False,
        )  # fmt: skip

    done = run("profile", data, "--html", "page.html")
    assert done.returncode == 0
    page = (tmp_path / "page.html").read_text()
    assert page.rstrip().endswith("</html>")
    assert b"Traceback" not in done.stderr
    assert run("profile", "none").returncode == 2


@needs_full
def test_streams_on_a_full_disk_are_no_traceback(tmp_path, data):
    with open("/dev/full", "wb") as full:
        assert run(tmp_path, "profile", data, stderr=full).returncode == 0
        assert run(tmp_path, "profile", "none", stderr=full).returncode == 2
        done = run(tmp_path, "profile", data, stdout=full)
    assert (done.returncode, done.stderr) == (
        2,
        b"simdrift: the output: No space left on device\n",
    )


def test_no_name_of_a_temporary_file_can_be_planted(tmp_path, monkeypatch):
    """Whatever lies under the temporary name, known or not, is neither followed nor replaced."""
    victim = tmp_path / "victim"
    victim.write_text("kept")
    monkeypatch.setattr(files.secrets, "token_hex", lambda count: "0" * 2 * count)
    (tmp_path / ".simdrift-0000000000000000.part").symlink_to(victim)
    (tmp_path / f".r.reference.{os.getpid()}").symlink_to(victim)
    with pytest.raises(InputError, match="File exists"):
        sd.Reference.fit({"x": [1.0]}).save(tmp_path / "r.reference")
    monkeypatch.undo()
    sd.Reference.fit({"x": [1.0]}).save(tmp_path / "r.reference")
    assert victim.read_text() == "kept"


@as_root
def test_a_link_that_another_user_planted_is_not_followed(tmp_path):
    victim, shared = tmp_path / "victim", tmp_path / "shared"
    victim.write_text("kept")
    shared.mkdir()
    shared.chmod(0o1777)
    planted = shared / "page.html"
    planted.symlink_to(victim)
    os.chown(planted, pwd.getpwnam("nobody").pw_uid, -1, follow_symlinks=False)
    with pytest.raises(PermissionError, match="another user"):
        write_text(planted, "page")
    assert victim.read_text() == "kept"
    os.chown(planted, 0, 0, follow_symlinks=False)
    write_text(planted, "page")
    assert victim.read_text() == "page"
    assert planted.is_symlink()


def test_a_link_to_nothing_makes_the_file_that_it_names(tmp_path):
    (tmp_path / "latest.html").symlink_to("2024.html")
    write_text(tmp_path / "latest.html", "page")
    assert (tmp_path / "2024.html").read_text() == "page"
    assert (tmp_path / "latest.html").is_symlink()


def test_an_interrupt_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")

    def interrupted() -> None:
        with files.replacing(path) as file:
            file.write(b"half of it")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["page.html"]


def test_what_is_no_file_is_not_read_and_never_waited_for(tmp_path):
    fifo, folder = tmp_path / "fifo", tmp_path / "folder"
    os.mkfifo(fifo)
    folder.mkdir()
    for path, found in ((fifo, "a FIFO"), (folder, "a folder"), (Path("/dev/zero"), "a device")):
        with pytest.raises(OSError, match=f"expected a file, found {found}"):
            read_bytes(path)
        with pytest.raises(sd.InputError):
            sd.Reference.load(path)
        if path != fifo:  # data may come through one: then its writer is waited for
            with pytest.raises(sd.InputError):
                sd.profile(path)


def test_private_rights_are_there_from_the_first_byte(tmp_path):
    with files.replacing(tmp_path / "secret", mode=0o600) as file:
        file.write(b"x")
        [part] = tmp_path.iterdir()
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
