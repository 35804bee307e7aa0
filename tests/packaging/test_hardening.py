"""The flags of csrc/cmake/hardening.cmake as they arrive in built files, read with pyelftools."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import simdrift as sd

elffile = pytest.importorskip("elftools.elf.elffile")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no ELF")

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = 1  # PF_X
FLAG_NOW, FLAG_1_NOW = 0x8, 0x1  # DF_BIND_NOW, DF_1_NOW
ALL = {"relro", "now", "no executable stack", "stack protector", "fortify"}
PLAIN = "#include <string.h>\nvoid f(char *out, const char *in) { strcpy(out, in); }\n"


def protections(path: Path) -> set[str]:
    """Which of ALL an ELF file has."""
    with path.open("rb") as file:
        elf = elffile.ELFFile(file)
        segments = {s.header.p_type: s.header.p_flags for s in elf.iter_segments()}
        tags = {
            t.entry.d_tag: t.entry.d_val for t in elf.get_section_by_name(".dynamic").iter_tags()
        }
        names = {s.name for s in elf.get_section_by_name(".dynsym").iter_symbols()}
    stack = segments.get("PT_GNU_STACK", EXECUTABLE)
    now = tags.get("DT_FLAGS", 0) & FLAG_NOW or tags.get("DT_FLAGS_1", 0) & FLAG_1_NOW
    has = {
        "relro": "PT_GNU_RELRO" in segments,
        "now": bool(now),
        "no executable stack": not stack & EXECUTABLE,
        "stack protector": "__stack_chk_fail" in names,
        "fortify": any(name.endswith("_chk") for name in names),
    }
    return {name for name, is_there in has.items() if is_there}


def test_the_extension_has_every_protection():
    assert protections(Path(sd._core.__file__)) == ALL


def test_a_library_without_protections_is_seen_as_one(tmp_path):
    source = tmp_path / "plain.c"
    source.write_text(PLAIN)
    flags = ["-shared", "-fPIC", "-O2", "-fno-stack-protector", "-U_FORTIFY_SOURCE"]
    linker = ["-Wl,-z,norelro", "-Wl,-z,lazy", "-Wl,-z,execstack"]
    compiler = shutil.which("cc")
    subprocess.run([compiler, *flags, *linker, source, "-o", tmp_path / "plain.so"], check=True,
                   timeout=60)  # fmt: skip
    assert protections(tmp_path / "plain.so") == set()


@pytest.mark.slow
def test_the_shared_library_has_every_protection(tmp_path):
    cmake = Path(sys.executable).with_name("cmake")
    options = ["-DSIMDRIFT_TESTS=OFF", "-DSIMDRIFT_BENCHES=OFF"]
    for command in (["-S", ROOT, "-B", tmp_path, *options], ["--build", tmp_path, "-j", "2"]):
        subprocess.run([cmake, *command], check=True, timeout=900, capture_output=True)
    assert protections((tmp_path / "libsimdrift.so").resolve()) == ALL
