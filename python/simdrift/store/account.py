"""Who the embedded server runs as: PostgreSQL refuses root, so root hands it to `nobody`."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
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
        """Runs a command as this user; PermissionError where it cannot even be started."""
        return subprocess.run(
            [str(part) for part in command],
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
            **self.popen_options(),
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can pass through the folder, tried rather than reckoned."""
        if not self.switch:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd "$0"', folder]).returncode == 0

    def make_folder(self, folder: Path) -> None:
        """A folder that only this user (and root) can enter."""
        os.mkdir(folder, 0o700)
        if self.switch:
            try:
                os.chown(folder, self.uid, self.gid)
            except OSError as error:
                raise _cannot_switch(f"chown: {error.strerror}") from error


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
