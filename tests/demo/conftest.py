"""A store of the tests' own: the embedded server on a folder that goes away afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from simdrift.store import EmbeddedServer


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedServer]:
    """A server of this session. Not under pytest's folders: `nobody`, who runs it when the
    tests are root's, can't enter them."""
    folder = Path(tempfile.mkdtemp(prefix="sdr-demo-"))
    folder.chmod(0o711)
    server = EmbeddedServer(folder / "store")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def own_folders(
    embedded: EmbeddedServer,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The default store, spool and cache are the tests'."""
    monkeypatch.delenv("SIMDRIFT_DSN", raising=False)
    monkeypatch.setenv("SIMDRIFT_STORE_DIR", str(embedded.folder))
    monkeypatch.setenv("SIMDRIFT_SPOOL", str(tmp_path_factory.mktemp("spool")))
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
