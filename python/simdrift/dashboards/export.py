"""The folder that `docker compose up` runs: Postgres, Adminer and Grafana with everything in it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any, Final

from simdrift._errors import InputError
from simdrift.results.files import read_bytes, write_bytes, write_text
from simdrift.store.migrate import schema_script

_HERE: Final = Path(__file__).parent
_COPIED: Final = {
    "compose.yaml": "compose.yaml",
    "README.md": "README.md",
    "postgres/20-passwords.sh": "postgres/20-passwords.sh",
    "grafana/datasource.yaml": "grafana/provisioning/datasources/simdrift.yaml",
    "grafana/dashboards.yaml": "grafana/provisioning/dashboards/simdrift.yaml",
    "grafana/contact-points.yaml.example": (
        "grafana/provisioning/alerting/contact-points.yaml.example"
    ),
}
SECRETS: Final = (
    "POSTGRES_PASSWORD",
    "SIMDRIFT_OWNER_PASSWORD",
    "SIMDRIFT_WRITER_PASSWORD",
    "SIMDRIFT_READER_PASSWORD",
    "GRAFANA_ADMIN_PASSWORD",
)


def export(folder: Path) -> list[Path]:
    """Writes the folder; the paths written, `.env` among them where it was made.

    InputError for a folder that holds other things. Running it again replaces everything but an
    `.env` that is there, to which names that it lacks are added.
    """
    there = folder.is_dir() and any(folder.iterdir())
    if there and not (folder / "grafana/provisioning").is_dir():
        raise InputError(
            f"{folder}: expected a new folder, or one of an earlier export, found other files: "
            "choose another"
        )
    texts = {
        target: (_HERE / "compose" / name).read_text("utf-8") for name, target in _COPIED.items()
    }
    texts |= {f"grafana/dashboards/{name}": text for name, text in dashboard_files().items()}
    texts["grafana/provisioning/alerting/rules.yaml"] = provisioned_rules()
    texts["postgres/10-schema.sql"] = schema_script()
    texts[".env.example"] = "".join(f"{name}=\n" for name in SECRETS)
    texts[".gitignore"] = ".env\n"
    written = []
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # docker runs what is executable and sources the rest, which needs no `sh` in the image
        write_text(path, text, mode=0o755 if name.endswith(".sh") else None)
        written.append(path)
    return written + _env(folder / ".env")


def dashboard_files() -> dict[str, str]:
    """The dashboards' JSON by file name, as kept in the package."""
    folder = _HERE / "generated"
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("simdrift-*.json"))}


def rule_group() -> dict[str, Any]:
    """The alert rules as Grafana's provisioning API takes them."""
    found: dict[str, Any] = json.loads((_HERE / "generated/rules.json").read_text("utf-8"))
    return found


def provisioned_rules() -> str:
    """The same as a provisioning file (JSON is YAML).

    Grafana replaces variables of the environment in labels and titles there, which have none, but
    neither in queries nor in annotations.
    """
    group = rule_group()
    kept = (
        "uid",
        "title",
        "condition",
        "data",
        "noDataState",
        "execErrState",
        "for",
        "annotations",
        "labels",
    )
    made = {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": group["name"],
                "folder": "simdrift",
                "interval": f"{group['interval']}s",
                "rules": [{name: rule[name] for name in kept} for rule in group["rules"]],
            }
        ],
    }
    return json.dumps(made, indent=1) + "\n"


def _env(path: Path) -> list[Path]:
    """Random passwords in a file of the owner's alone; what is there is kept."""
    there = read_bytes(path) if path.exists() else b""
    lines = there.decode("utf-8", "replace").splitlines()
    names = {line.partition("=")[0].strip() for line in lines}
    lacking = [name for name in SECRETS if name not in names]
    if not lacking:
        return []
    if there and not there.endswith(b"\n"):
        there += b"\n"
    made = "".join(f"{name}={secrets.token_urlsafe(24)}\n" for name in lacking)
    write_bytes(path, there + made.encode(), mode=None if path.exists() else 0o600)
    return [path]
