"""Reference files with a sound checksum and odd content: InputError that names the file, or a
reference that compares; never another exception, never a crash."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import simdrift as sd
from simdrift.monitoring import Columns, Reference, Spec

SEED = int(os.environ.get("SIMDRIFT_FUZZ_SEED", "20240201"))
HEAD = struct.Struct("<8sIQ")
RNG = np.random.default_rng(7)
N = 240
FRAME = pa.table({
    "x": RNG.normal(size=N), "i": RNG.integers(0, 9, N), "b": RNG.random(N) < 0.5,
    "t": pa.array(RNG.integers(0, 10**6, N), pa.timestamp("us")),
    "d": pa.array(RNG.integers(0, 999, N).astype(np.int32)).cast(pa.date32()),
    "c": [f"word {k}" for k in RNG.integers(0, 5, N)], "n": pa.nulls(N),
    "w": RNG.random(N), "u": pa.array([{"a": 1}] * N),
})  # fmt: skip
SPECS = {
    "plain": Spec(monitor="m", window="all"),
    "weights and segments": Spec(
        monitor="m", window="all", segments=["b"], columns=Columns(weight="w")
    ),
    "tables": Spec(
        monitor="m",
        window="all",
        methods=["ks", "chi_square", "mmd", "domain_classifier", "correlation"],
    ),
}
ODD = (None, True, -1, 0, 7, 2**63, 10**30, 1e308, "", "x", "\ud800", [], [[]], {}, {"a": 1}, [1],
       "numeric", "float", "category", "us", "[", "{}", "[1, 2]", "NaN")  # fmt: skip


@pytest.fixture(scope="module", params=SPECS)
def saved(request, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "reference"
    Reference.fit(FRAME, spec=SPECS[request.param]).save(path)
    return path.read_bytes()


def opened(data: bytes) -> tuple[Any, bytes]:
    """The header and the arrays of a file."""
    _, _, size = HEAD.unpack_from(data)
    text = data[HEAD.size : HEAD.size + size].decode("utf-8", "surrogatepass")
    return json.loads(text), data[HEAD.size + size : -32]


def sealed(header: Any, arrays: bytes) -> bytes:
    """A file of any header, with a sound checksum."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = HEAD.pack(b"sdrift\r\n", 2, len(text)) + text + arrays
    return body + hashlib.sha256(body).digest()


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of the header with every key of it; those of JSON in JSON, too."""
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in items]
    for _, item in items:
        if isinstance(item, dict | list):
            found += places(item)
    return found


def mutant(data: bytes, draw: random.Random) -> bytes:
    header, arrays = opened(data)
    way = draw.randrange(6)
    if way == 0:  # a stray byte in the JSON
        text = bytearray(json.dumps(header).encode())
        text[draw.randrange(len(text))] = draw.randrange(256)
        return sealed(bytes(text), arrays)
    if way == 1:  # in the arrays
        changed = bytearray(arrays)
        for _ in range(draw.randrange(1, 9)):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        return sealed(header, bytes(changed))
    if way == 2:  # arrays that are cut off
        return sealed(header, arrays[: draw.randrange(len(arrays))])
    container, key = draw.choice(places(header))
    if way == 3:
        del container[key]
    elif way == 4 and isinstance(container[key], str) and container[key].startswith(("{", "[")):
        inner = json.loads(container[key])
        parent, name = draw.choice(places(inner)) if places(inner) else (inner, 0)
        if isinstance(parent, dict):
            parent[name] = draw.choice(ODD)
        container[key] = json.dumps(inner)
    else:
        container[key] = draw.choice(ODD)
    return sealed(header, arrays)


def check(data: bytes, path: Path) -> bool:
    """Whether the file is taken; then it compares."""
    path.write_bytes(data)
    refusal = ""
    try:
        reference = sd.Reference.load(path)
    except sd.InputError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith(f"{path}: ")
        assert len(refusal) < 600
        return False
    report = reference.compare(FRAME)
    assert len(report.results) > 0
    report.to_html()
    assert len(reference.digest) == 64
    return True


def test_the_file_as_it_is_is_taken(saved, tmp_path):
    assert check(saved, tmp_path / "r")
    assert check(sealed(*opened(saved)), tmp_path / "r")


@pytest.mark.parametrize("count", [150, pytest.param(4000, marks=pytest.mark.slow)])
def test_sealed_mutants_are_refused_by_name_or_compare(saved, tmp_path, count):
    draw = random.Random(SEED)
    print("seed", SEED)
    taken = 0
    for number in range(count):
        data = mutant(saved, draw)
        (tmp_path / "last").write_bytes(data)
        try:
            taken += check(data, tmp_path / "r")
        except Exception as error:
            raise AssertionError(f"mutant {number} of seed {SEED}: {error!r}") from error
    assert taken < count


def in_profile(header: Any, **changes: Any) -> None:
    """Changes the profile of the first column, which is JSON within the JSON."""
    entry = header["content"]["columns"][0]
    entry["profile"] = json.dumps({**json.loads(entry["profile"]), **changes})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: h["arrays"][0].update(dtype="c16"), "a dtype of"),
        (lambda h: h["arrays"][0].update(dtype=["f8"]), "a dtype of"),
        (lambda h: h["arrays"][0].update(offset=-1), "an offset of 0 or more"),
        (lambda h: h["arrays"][0].update(offset=10**9), "an array that ends by byte"),
        (lambda h: h["arrays"][0].update(shape=[2**57, 2**57]), "an array that ends by byte"),
        (lambda h: h["arrays"][0].update(shape=[-1]), "a shape of counts"),
        (lambda h: h["arrays"][0].update(name=h["arrays"][1]["name"]), "a name of its own"),
        (lambda h: h.pop("content"), "'content' to be an object"),
        (lambda h: h["content"].pop("names"), "'names' to be texts"),
        (lambda h: h["content"]["columns"][0].update(kind="x"), "a kind of"),
        (lambda h: h["content"]["columns"][0].update(missing=10**9), "missing rows"),
        (lambda h: h["content"]["columns"][0].update(rows=2**63), "rows of 'x'"),
        (lambda h: h["content"]["columns"][6].update(rows=10**30), "rows of 'n'"),
        (lambda h: in_profile(h, mean="x"), "'mean' of 'profile' to be a float"),
        (lambda h: in_profile(h, mean=10**400), "'mean' of 'profile' to be a float"),
        (lambda h: h["content"]["columns"][0].update(group=99), "the number of a segment"),
        (lambda h: h["content"].update(spec="{"), "JSONDecodeError"),
    ],
)
def test_a_refusal_says_what_was_expected(tmp_path, change, words):
    path = tmp_path / "r"
    Reference.fit(FRAME, spec=SPECS["plain"]).save(path)
    header, arrays = opened(path.read_bytes())
    change(header)
    path.write_bytes(sealed(header, arrays))
    with pytest.raises(sd.InputError, match=f"checksum matches, but .*{words}"):
        sd.Reference.load(path)


@pytest.mark.parametrize("total", ["NaN", -1, None])
def test_weights_of_a_column_without_values_are_numbers(tmp_path, total):
    path = tmp_path / "r"
    Reference.fit(FRAME, spec=SPECS["weights and segments"]).save(path)
    header, arrays = opened(path.read_bytes())
    [entry] = [e for e in header["content"]["columns"] if e["name"] == "n" and not e.get("group")]
    entry["total"] = total
    path.write_bytes(sealed(header, arrays))
    with pytest.raises(sd.InputError, match=r"checksum matches, but .*'total' of 0 or more"):
        sd.Reference.load(path)


def stored_parts(header: Any) -> list[dict[str, Any]]:
    """The entries of a file that have arrays: columns, and the sample where there is one."""
    content = header["content"]
    return [*content["columns"], *([content["sample"]] if "sample" in content else [])]


def test_a_part_without_one_of_its_arrays_is_refused(saved, tmp_path):
    header, arrays = opened(saved)
    for number, entry in enumerate(stored_parts(header)):
        for name in entry["arrays"]:
            changed = copy.deepcopy(header)
            stored_parts(changed)[number]["arrays"].remove(name)
            assert not check(sealed(changed, arrays), tmp_path / "r"), (entry.get("name"), name)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"", b"9" * 5000])
def test_json_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "r"
    path.write_bytes(sealed(text, b""))
    with pytest.raises(sd.InputError, match="checksum matches, but"):
        sd.Reference.load(path)


def test_halves_of_a_surrogate_pair_side_by_side_stay_two(tmp_path):
    names = ["\ud83d\ude00", "\U0001f600", "\ud83d", "a\udcffb"]
    reference = Reference.fit({name: [1.0, 2.0] for name in names})
    reference.save(tmp_path / "r")
    loaded = sd.Reference.load(tmp_path / "r")
    assert list(loaded.columns) == names
    assert loaded.digest == reference.digest
