"""What makes a run the run it is."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple, Self

from simdrift.monitoring.spec import Spec
from simdrift.monitoring.windows import Window
from simdrift.results.identity import run_id
from simdrift.results.rows import Run


@cache
def library_version() -> str:
    """The version of the installed package."""
    from simdrift import _core

    return str(_core.show_config()["version"])


class Identity(NamedTuple):
    """What makes a run the run it is."""

    monitor: str = ""
    dataset: str = ""
    model: str = ""
    model_version: str = ""
    grain: str = "all"
    window_start: datetime | None = None
    window_end: datetime | None = None
    spec_digest: str = ""
    data_digest: str = ""
    reference_digest: str = ""

    @classmethod
    def of(
        cls, spec: Spec, spec_digest: str, data_digest: str = "", reference_digest: str = ""
    ) -> Self:
        """Of a comparison without windows."""
        return cls(
            monitor=spec.monitor,
            dataset=spec.dataset,
            model=spec.model,
            model_version=spec.model_version,
            spec_digest=spec_digest,
            data_digest=data_digest,
            reference_digest=reference_digest,
        )

    def run(self, rows: int, started: datetime) -> Run:
        """The run of this identity, finished now."""
        return Run(
            run_id=run_id(**self._asdict()),
            monitor=self.monitor,
            dataset=self.dataset,
            model=self.model,
            model_version=self.model_version,
            grain=self.grain,
            window_start=self.window_start,
            window_end=self.window_end,
            started_at=started,
            finished_at=datetime.now(UTC),
            rows=rows,
            library_version=library_version(),
            spec_digest=self.spec_digest,
            data_digest=self.data_digest,
            reference_digest=self.reference_digest,
        )


def identity_of(
    spec: Spec,
    window: Window,
    *,
    spec_digest: str,
    data_digest: str,
    reference_digest: str,
) -> Identity:
    """The identity of one window of a monitor."""
    identity = Identity.of(spec, spec_digest, data_digest, reference_digest)
    return identity._replace(grain=spec.window, window_start=window.start, window_end=window.end)
