"""A real JupyterLab and a real browser, in an environment of their own (`make test-notebooks`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is in the environment of make test-notebooks")
pytest.importorskip("jupyterlab", reason="jupyterlab is in the environment of make test-notebooks")

from playwright.sync_api import Browser, sync_playwright

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "store"), str(TESTS / "unit" / "results")]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = next((path for name in BROWSERS if (path := shutil.which(name))), None)
STARTS_WITHIN_S = 120


class Lab:
    """A running JupyterLab over a folder, with settings of its own."""

    def __init__(self, url: str, folder: Path, settings: Path, environment: dict[str, str]) -> None:
        self.url = url
        self.folder = folder
        self._settings = settings
        self._environment = environment

    def choose_theme(self, name: str) -> None:
        """'JupyterLab Light' or 'JupyterLab Dark', whatever the system's."""
        file = self._settings / "@jupyterlab/apputils-extension/themes.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"theme": name, "adaptive-theme": False}))

    def save(self, name: str, html: str, text: str, *, trusted: bool) -> str:
        """A notebook whose only cell has given this output; its address."""
        data = {"text/html": html, "text/plain": text}
        output = {"output_type": "execute_result", "data": data, "metadata": {},
                  "execution_count": 1}  # fmt: skip
        cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {},
                "source": "report", "outputs": [output]}  # fmt: skip
        kernel = {"name": "python3", "display_name": "Python 3"}
        notebook = {"cells": [cell], "metadata": {"kernelspec": kernel},
                    "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
        path = self.folder / name
        path.write_text(json.dumps(notebook))
        if trusted:
            command = [sys.executable, "-m", "jupyter", "trust", str(path)]
            subprocess.run(command, env=self._environment, check=True, capture_output=True)
        return f"{self.url}lab/tree/{name}?reset"


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab")
    folders = {name: root / name for name in ("work", "runtime", "data", "config", "settings")}
    for folder in folders.values():
        folder.mkdir()
    environment = {
        **os.environ,
        "JUPYTER_RUNTIME_DIR": str(folders["runtime"]),
        "JUPYTER_DATA_DIR": str(folders["data"]),
        "JUPYTER_CONFIG_DIR": str(folders["config"]),
        "JUPYTERLAB_SETTINGS_DIR": str(folders["settings"]),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        "--port=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folders['work']}",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class="
        "jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ]  # fmt: skip
    with (root / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = _url(folders["runtime"], server, root / "log")
        yield Lab(url, folders["work"], folders["settings"], environment)
    finally:
        server.terminate()
        server.wait(30)


def _url(runtime: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server says that it listens."""
    ends = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < ends and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            found = json.loads(file.read_text() or "{}")
            if found.get("port"):
                return str(found["url"])
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if FOUND is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=FOUND, args=["--no-sandbox"])
        yield opened
        opened.close()
