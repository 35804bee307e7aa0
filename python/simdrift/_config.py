"""What this build and this machine are: `show_config`."""

from __future__ import annotations

from dataclasses import dataclass

from simdrift import _core


@dataclass(frozen=True)
class Config:
    """Version, ISA and threads in use, and how the core was built."""

    version: str
    isa: str
    isas: tuple[str, ...]
    isa_warning: str | None
    threads: int
    openmp: bool
    compiler: str
    build: str

    @property
    def flags(self) -> str:
        """The kind of build and the flags that decide what numbers come out."""
        lines = dict(line.split(": ", 1) for line in self.build.splitlines())
        return lines["flags"]

    def __str__(self) -> str:
        lines = [
            f"simdrift  {self.version}",
            f"isa       {self.isa} (of {', '.join(self.isas)}; SIMDRIFT_ISA forces one)",
            f"threads   {self.threads} (SIMDRIFT_NUM_THREADS sets it)",
            f"openmp    {'yes' if self.openmp else 'no'}",
            f"compiler  {self.compiler}",
            f"flags     {self.flags}",
        ]
        if self.isa_warning:
            lines.append(f"warning   {self.isa_warning}")
        return "\n".join(lines)

    __repr__ = __str__


def show_config() -> Config:
    """The ISA and the number of threads that calls will use now, and the build.

    >>> import simdrift as sd
    >>> sd.show_config().isa in ("scalar", "avx2", "avx512", "neon")
    True
    """
    found = _core.show_config()
    return Config(**{**found, "isas": tuple(found["isas"]), "openmp": found["openmp"] == "yes"})
