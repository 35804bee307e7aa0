"""How well a detector finds known changes of streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simdrift.stream.detector import Detector


@dataclass(frozen=True)
class Evaluation:
    """What a detector signalled on streams whose changes are known."""

    changes: int
    """Changes of all streams."""
    missed: int
    """Changes without a signal before the next change or the stream's end."""
    false_alarms: int
    """Signals before the first change, and all but the first after each."""
    delays: tuple[int, ...]
    """Values from each detected change to its signal; 0: at the change itself."""
    values: int
    """Values of all streams."""

    @property
    def mean_delay(self) -> float:
        """Mean time to detection, in values; NaN where every change was missed."""
        return float(np.mean(self.delays)) if self.delays else float("nan")

    @property
    def false_alarm_rate(self) -> float:
        """False alarms a value; NaN without values."""
        return self.false_alarms / self.values if self.values else float("nan")


def evaluate(
    make: Callable[[], Detector],
    streams: Iterable[ArrayLike],
    change_points: Iterable[Sequence[int]],
) -> Evaluation:
    """Run a new detector over each stream and compare its signals with the known changes.

    `make` is a detector's class or a function that makes one; `change_points` gives for each
    stream the indices of the first values after a change, ascending. A change is detected by
    the first signal from it on and before the next one; every other signal is a false alarm.

    >>> import numpy as np
    >>> import simdrift as sd
    >>> sd.stream.evaluate(sd.stream.ADWIN, [np.repeat([0.0, 1.0], 500)], [[500]])
    Evaluation(changes=1, missed=0, false_alarms=0, delays=(11,), values=1000)
    """
    delays: list[int] = []
    changes = false_alarms = values = 0
    for stream, points in zip(streams, change_points, strict=True):
        data = np.asarray(stream)
        starts = _checked(points, len(data))
        signals = make().update(data)
        after = np.searchsorted(starts, signals, side="right")
        detected, first = np.unique(after[after > 0], return_index=True)
        times = signals[after > 0][first] - starts[detected - 1]
        delays.extend(int(one) for one in times)
        changes += len(starts)
        values += len(data)
        false_alarms += len(signals) - len(detected)
    return Evaluation(changes, changes - len(delays), false_alarms, tuple(delays), values)


def _checked(points: Sequence[int], n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The change points of a stream of n values, ascending and within it."""
    starts = np.asarray(points, dtype=np.int64)
    if (
        starts.ndim != 1
        or (np.diff(starts) <= 0).any()
        or (starts < 0).any()
        or (starts >= n).any()
    ):
        raise ValueError(
            f"evaluate: expected ascending change points from 0 to {n - 1}, found {list(points)}"
        )
    return starts
