"""The bill of materials inside the wheel: what PEP 770 and CycloneDX want, and what is true."""

import hashlib
import importlib.util
import json
import zipfile

import pytest
from packages import ROOT

LIBGOMP = "simdrift.libs/libgomp-1234abcd.so.1.0.0"
MEMBERS = {
    "simdrift/_core.abi3.so": b"module",
    LIBGOMP: b"library",
    "simdrift-9.8.dist-info/METADATA": b"Metadata-Version: 2.4\nName: simdrift\nVersion: 9.8\n"
    b"License-Expression: Apache-2.0\nRequires-Dist: numpy<3,>=2\n"
    b"Requires-Dist: psycopg[binary]<4,>=3\nRequires-Dist: pytest; extra == 'test'\n",
}
COPIED = {"name": "libgomp1", "version": "12.2.0", "purl": "pkg:deb/debian/libgomp1@12.2.0"}
TOOLS = {"gcc": "12.2.0", "cmake": "4.1.0"}


def load():
    spec = importlib.util.spec_from_file_location("sbom", ROOT / ".ci" / "sbom.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def document(**more: bytes) -> dict:
    return json.loads(load().document({**MEMBERS, **more}, TOOLS, 0))


def component(bom: dict, name: str) -> dict:
    [found] = [c for c in bom["components"] if c["name"] == name]
    return found


def validate(text: str) -> None:
    """By the schema of CycloneDX, strict: no field that it does not know."""
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_files_inside_are_listed_with_their_hashes():
    bom = document()
    expected = {"alg": "SHA-256", "content": hashlib.sha256(b"module").hexdigest()}
    assert component(bom, "simdrift/_core.abi3.so")["hashes"] == [expected]
    expected = {"alg": "SHA-256", "content": hashlib.sha256(b"library").hexdigest()}
    assert component(bom, "libgomp")["hashes"] == [expected]
    assert "version" not in component(bom, "libgomp")


def test_a_copied_library_has_the_name_and_version_that_auditwheel_gives():
    name = "simdrift-9.8.dist-info/sboms/auditwheel.cdx.json"
    bom = document(**{name: json.dumps({"components": [COPIED]}).encode()})
    assert COPIED.items() <= component(bom, "libgomp1").items()


def test_requirements_have_their_ranges_and_extras_are_no_part():
    bom = document()
    required = {c["name"]: c["properties"][0]["value"] for c in bom["components"]
                if c.get("scope") == "required"}  # fmt: skip
    assert required == {"numpy": "numpy<3,>=2", "psycopg": "psycopg[binary]<4,>=3"}


def test_what_built_the_wheel_is_listed_as_not_inside():
    built = [c for c in document()["components"] if c.get("scope") == "excluded"]
    assert {c["name"]: c["version"] for c in built} == TOOLS


def test_the_same_inputs_give_the_same_bytes_and_other_ones_another_serial_number():
    sbom = load()
    assert sbom.document(MEMBERS, TOOLS, 0) == sbom.document(MEMBERS, TOOLS, 0)
    other = document(**{LIBGOMP: b"another library"})
    assert other["serialNumber"] != document()["serialNumber"]


def test_the_document_is_valid_by_the_schema():
    validate(load().document(MEMBERS, TOOLS, 0).decode())


@pytest.mark.slow
def test_the_wheel_carries_a_valid_document_that_agrees_with_its_files_and_with_auditwheel(release):
    archive = zipfile.ZipFile(release.wheel)
    folder = next(n.split("/")[0] for n in archive.namelist() if n.endswith("/METADATA"))
    text = archive.read(f"{folder}/sboms/simdrift.cdx.json").decode()
    validate(text)
    bom = json.loads(text)
    files = [n for n in archive.namelist() if ".so" in n]
    hashes = {c["bom-ref"]: c["hashes"][0]["content"] for c in bom["components"] if "hashes" in c}
    assert hashes == {n: hashlib.sha256(archive.read(n)).hexdigest() for n in files}
    copied = json.loads(archive.read(f"{folder}/sboms/auditwheel.cdx.json"))["components"]
    libgomp = next(c for c in copied if c["name"].startswith("libgomp"))
    assert component(bom, libgomp["name"])["purl"] == libgomp["purl"]
    assert component(bom, libgomp["name"])["version"] == libgomp["version"]
