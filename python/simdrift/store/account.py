"""Who the embedded server runs as: PostgreSQL refuses root, so root hands it to `nobody`."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from simdrift._errors import StoreError

ASK_FOR_DSN = "set SIMDRIFT_DSN to a PostgreSQL server of your own instead"

# Bits of CapEff in /proc/self/status (linux/capability.h).
_CAPABILITIES = {"CAP_CHOWN": 0, "CAP_SETGID": 6, "CAP_SETUID": 7}


class Account(NamedTuple):
    """A system user that may own the server's files; `switch` where it isn't ourselves."""

    name: str
    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments of subprocess for a child of this user, away from our folder and
        from our PG* variables."""
        options: dict[str, Any] = {
            "cwd": "/",
            "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        }
        if self.switch:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(
        self, command: Sequence[str | Path], *, text: str = "", timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command as this user; PermissionError where it cannot even be started.

        Whatever interrupts the wait (Ctrl-C, a timeout) ends the command and its children at once;
        `subprocess.run` would first wait a quarter of a second for them.
        """
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(text.encode())
            given.seek(0)
            child = subprocess.Popen(
                [str(part) for part in command],
                stdin=given,
                stdout=out,
                stderr=err,
                start_new_session=True,
                **self.popen_options(),
            )
            code = _wait(child, timeout)
            said = []
            for file in (out, err):
                file.seek(0)
                said.append(file.read().decode("utf-8", "replace"))
        return subprocess.CompletedProcess(child.args, code, *said)

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can pass through the folder, tried rather than reckoned."""
        if not self.switch:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd "$0"', folder]).returncode == 0

    def write(self, path: Path, text: str) -> None:
        """Replaces a file of this user's, by its own hands: a link that was put there leads
        nowhere where this user may not write. StoreError where it can't be written."""
        script = 'umask 077; cat > "$0.part" && mv -f "$0.part" "$0"'
        done = self.run(["/bin/sh", "-c", script, path], text=text)
        if done.returncode != 0:
            raise StoreError(f"{path} cannot be written: {done.stderr.strip()}")

    def make_folder(self, folder: Path) -> None:
        """A folder that only this user (and root) can enter."""
        os.mkdir(folder, 0o700)
        if self.switch:
            try:
                os.chown(folder, self.uid, self.gid)
            except OSError as error:
                raise _cannot_switch(f"chown: {error.strerror}") from error


def _wait(child: subprocess.Popen[bytes], timeout: float) -> int:
    deadline = time.monotonic() + timeout
    try:
        while (code := child.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(child.args, timeout)
            time.sleep(0.001)
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    return code


def server_account() -> Account:
    """The user for the embedded server; StoreError where none can be had."""
    uid = os.geteuid()
    if uid != 0:
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            raise StoreError(
                f"the embedded PostgreSQL needs a passwd entry for its user, and uid {uid} has "
                f"none; {ASK_FOR_DSN}"
            ) from None
        return Account(name, uid, os.getegid(), switch=False)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StoreError(
            "PostgreSQL does not run as root, and there is no user 'nobody' in passwd to run it "
            f"as; {ASK_FOR_DSN}"
        ) from None
    _require_capabilities()
    return Account(nobody.pw_name, nobody.pw_uid, nobody.pw_gid, switch=True)


def _require_capabilities() -> None:
    try:
        status = Path("/proc/self/status").read_text()
        effective = int(status.split("CapEff:")[1].split()[0], 16)
    except (OSError, IndexError, ValueError):
        return
    missing = [name for name, bit in _CAPABILITIES.items() if not effective >> bit & 1]
    if missing:
        raise _cannot_switch(f"without {', '.join(missing)}")


def _cannot_switch(reason: str) -> StoreError:
    return StoreError(
        f"PostgreSQL does not run as root, and this root cannot become 'nobody' ({reason}); "
        f"{ASK_FOR_DSN}"
    )
