"""The bill of materials inside the wheel (PEP 770, CycloneDX 1.6): simdrift, the libraries that
auditwheel put into the wheel, what it requires at run time, and what built it.

    python .ci/sbom.py dist/*.whl        prints it

The same inputs give the same bytes: no clock, no random number. auditwheel writes a document of its
own for the libraries that it copies; name, version and purl of those are taken from there.
"""

import hashlib
import json
import sys
import uuid
import zipfile
from datetime import UTC, datetime
from email.parser import Parser
from pathlib import PurePosixPath
from typing import Any

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "simdrift")
GCC_RUNTIME = "GPL-3.0-or-later WITH GCC-exception-3.1"
FILE = "sboms/simdrift.cdx.json"
AUDITWHEEL_FILE = "sboms/auditwheel.cdx.json"

Members = dict[str, bytes]
Component = dict[str, Any]


def dist_info(members: Members) -> str:
    """The folder NAME-VERSION.dist-info of a wheel."""
    return next(n.split("/")[0] for n in members if n.endswith(".dist-info/METADATA"))


def hashes(data: bytes) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}]


def module_of(name: str, data: bytes) -> Component:
    return {"type": "file", "bom-ref": name, "name": name, "hashes": hashes(data)}


def library_of(name: str, data: bytes, copied: list[Component]) -> Component:
    """A library that auditwheel copied: libgomp-d22c30c5.so.1.0.0 came from a package libgomp1."""
    stem = PurePosixPath(name).name.split("-")[0].split(".")[0]
    known = next((c for c in copied if c["name"].startswith(stem)), {})
    library: Component = {"type": "library", "bom-ref": name, "name": known.get("name", stem)}
    library |= {key: known[key] for key in ("version", "purl") if key in known}
    if stem == "libgomp":
        library["licenses"] = [{"expression": GCC_RUNTIME}]
    file = [{"name": "simdrift:file", "value": name}]
    return library | {"hashes": hashes(data), "properties": file}


def requirement_of(requirement: str) -> Component:
    """numpy<3,>=2 as a component without a version: which one is there is decided at install."""
    bare = requirement.split(";")[0].strip()
    name = next((bare[:i] for i, c in enumerate(bare) if c in "[<>=!~ "), bare)
    purl = f"pkg:pypi/{name}"
    properties = [{"name": "simdrift:requirement", "value": bare}]
    return {"type": "library", "bom-ref": purl, "name": name, "scope": "required", "purl": purl,
            "properties": properties}  # fmt: skip


def tool_of(name: str, version: str) -> Component:
    return {"type": "application", "bom-ref": f"build:{name}", "name": name, "version": version,
            "scope": "excluded"}  # fmt: skip


def document(members: Members, tools: dict[str, str], epoch: int) -> bytes:
    """The document of a wheel, as it lies in the wheel; `tools` are names and versions."""
    folder = dist_info(members)
    metadata = Parser().parsestr(members[f"{folder}/METADATA"].decode())
    copied = json.loads(members.get(f"{folder}/{AUDITWHEEL_FILE}", b"{}")).get("components", [])
    purl = f"pkg:pypi/simdrift@{metadata['Version']}"
    own = {"type": "library", "bom-ref": purl, "name": "simdrift", "version": metadata["Version"],
           "purl": purl, "licenses": [{"expression": metadata["License-Expression"]}]}  # fmt: skip
    libraries = sorted(n for n in members if n.startswith("simdrift.libs/"))
    modules = sorted(n for n in members if n.endswith(".so") and n not in libraries)
    required = [r for r in metadata.get_all("Requires-Dist", []) if "extra ==" not in r]
    inside = [module_of(n, members[n]) for n in modules]
    inside += [library_of(n, members[n], copied) for n in libraries]
    inside += sorted((requirement_of(r) for r in required), key=lambda c: str(c["name"]))
    build = [tool_of(name, version) for name, version in sorted(tools.items())]
    body = {
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "build"}],
            "component": own,
        },
        "components": inside + build,
        "dependencies": [{"ref": purl, "dependsOn": [c["bom-ref"] for c in inside]}],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}",
            "version": 1}  # fmt: skip
    return (json.dumps(head | body, indent=1) + "\n").encode()


if __name__ == "__main__":
    for wheel in sys.argv[1:]:
        with zipfile.ZipFile(wheel) as archive:
            name = next(n for n in archive.namelist() if n.endswith(FILE))
            sys.stdout.write(archive.read(name).decode())
