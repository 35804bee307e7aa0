"""Files of saved references with a sound checksum and odd content: InputError that names the
file, or a reference that compares, is saved and is loaded again as the same.

An input is a file without its checksum: whatever the fuzzer makes is sealed before it is read.
"""

from __future__ import annotations

import hashlib
import json
import random
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import atheris
import numpy as np
import pyarrow as pa

with atheris.instrument_imports(include=["simdrift.monitoring", "simdrift.metrics.columns"]):
    import simdrift as sd
    from simdrift.monitoring import Columns, Reference, Spec

from mutation import change, run

HEAD = struct.Struct("<8sIQ")
N = 24
RNG = np.random.default_rng(7)
FRAME = pa.table({
    "x": RNG.normal(size=N), "i": RNG.integers(0, 9, N), "b": RNG.random(N) < 0.5,
    "t": pa.array(RNG.integers(0, 10**6, N), pa.timestamp("us")),
    "c": [f"word {k}" for k in RNG.integers(0, 5, N)], "n": pa.nulls(N), "w": RNG.random(N),
})  # fmt: skip
SPECS = (
    Spec(monitor="m", window="all"),
    Spec(monitor="m", window="all", segments=["b"], columns=Columns(weight="w")),
    Spec(monitor="m", window="all", methods=["ks", "chi_square", "mmd", "correlation"]),
)


def sealed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def seeds() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reference"
        for spec in SPECS:
            for names in (["x", "b", "w"], ["c", "b", "w"], ["i", "t", "n", "b", "w"]):
                Reference.fit(FRAME.select(names), spec=spec).save(path)
                yield path.read_bytes()[:-32]


def mutated(data: bytes, draw: random.Random) -> bytes:
    """A change of the header, with its length set right, or of the arrays."""
    magic, version, size = HEAD.unpack_from(data)
    text, arrays = data[HEAD.size : HEAD.size + size], bytearray(data[HEAD.size + size :])
    if arrays and draw.random() < 0.3:
        at = draw.randrange(len(arrays)) & ~7
        arrays[at : at + 8] = draw.choice(
            (bytes(8), b"\xff" * 8, bytes(arrays[at - 8 : at]), draw.randbytes(8),
             struct.pack("<q", draw.randrange(-3, 300)), struct.pack("<d", draw.gauss(0.0, 1e9)))
        )  # fmt: skip
        return data[: HEAD.size + size] + arrays
    header: Any = json.loads(text.decode("utf-8", "surrogatepass"))
    for _ in range(draw.choice((1, 1, 1, 2))):
        header = change(header, draw)
    made = json.dumps(header).encode()
    made += b" " * (-(HEAD.size + len(made)) % 64)
    return HEAD.pack(magic, version, len(made)) + made + arrays


def check(data: bytes, path: Path) -> None:
    path.write_bytes(sealed(data))
    try:
        reference = sd.Reference.load(path)
    except sd.InputError as error:
        if str(error).startswith(f"{path}: "):
            return
        raise
    reference.compare(FRAME)
    again = path.with_name("again")
    reference.save(again)
    assert sd.Reference.load(again).digest == reference.digest


if __name__ == "__main__":
    run("state", check, mutated, seeds)
