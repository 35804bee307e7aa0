"""What all detectors of streams have in common: updates, signals, counts, bytes.

A detector keeps the words of its states (one row a series) and replaces them by those that the
core gives after an update; so an update that is interrupted or refused leaves it as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simdrift import _core
from simdrift._errors import InputError
from simdrift.stream import state as state_bytes

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]
SIGNAL = np.dtype([("series", "<i8"), ("index", "<i8")])
"""An element of what `update` gives for a matrix."""

MODES = {"up": 0.0, "down": 1.0, "both": 2.0}
CONVENTIONS = {"river": 0.0, "frouros": 1.0, "moa": 2.0}
_HEAD_WORDS = 2  # values read, values left out
_DRIFT = 2


def choice(owner: str, name: str, value: str, choices: Mapping[str, float]) -> float:
    """Return the number of a word; ValueError lists the words."""
    if value not in choices:
        raise ValueError(f"{owner}: expected {name} to be one of {list(choices)}, found {value!r}")
    return choices[value]


class Detector:
    """A detector of concept drift over one stream, or over many series of the same times.

    `update` takes an array of n values (one stream) or a matrix of n_series rows and n columns,
    whose columns are the times. All updates of a detector have the same number of series. Values
    are floats, integers or booleans; NaN and infinities are left out, keep their places, and are
    counted in `left_out`.
    """

    KIND: ClassVar[str]
    """Name of the detector in the core."""

    def __init__(self, parameters: tuple[float, ...]) -> None:
        self._parameters = parameters
        self._kind = _core.stream_kinds().index(self.KIND)
        self._lock = threading.Lock()
        self._is_matrix: bool | None = None  # None: nothing was read yet
        self._states = self._opened(1)
        self._warnings: list[NDArray[Any]] = []

    def update(self, values: ArrayLike, *, threads: int | None = None) -> NDArray[Any]:
        """Read values and return where drift was signalled.

        For an array the result is int64 indices since the start of the stream; for a matrix it
        is an array of (series, index) of the dtype `SIGNAL`, by series. ValueError says what is
        wrong with the values; the detector is then as it was before.
        """
        data = _values(self.name, values)
        with self._lock:
            states = self._states_for(data)
            found = _core.stream_update(
                self._kind,
                self._parameters,
                states.reshape(-1),
                len(states),
                data.reshape(-1),
                threads,
            )
            self._states, self._is_matrix = found[0], data.ndim == 2
            return self._signals(*found[1:])

    def _states_for(self, data: Floats) -> NDArray[np.uint64]:
        n_series = len(data) if data.ndim == 2 else 1
        if self._is_matrix is None and data.ndim == 2:
            return self._opened(n_series)
        is_matrix = bool(self._is_matrix)
        if (data.ndim == 2) is not is_matrix or n_series != len(self._states):
            expected = f"a matrix of {len(self._states)} series" if is_matrix else "one stream"
            raise ValueError(
                f"{self.name}: expected {expected} as before, found shape {data.shape}: "
                "make another detector for other series"
            )
        return self._states

    def _opened(self, n_series: int) -> NDArray[np.uint64]:
        states: NDArray[np.uint64] = _core.stream_open(self._kind, self._parameters, n_series)
        return states

    def _signals(self, series: Indices, index: Indices, level: Indices) -> NDArray[Any]:
        found: NDArray[Any] = index
        if self._is_matrix:
            found = np.empty(len(index), SIGNAL)
            found["series"], found["index"] = series, index
        if (level != _DRIFT).any():
            self._warnings.append(found[level != _DRIFT])
        drifts: NDArray[Any] = found[level == _DRIFT]
        return drifts

    @property
    def name(self) -> str:
        """Name of the detector's class."""
        return type(self).__name__

    @property
    def warnings(self) -> NDArray[Any]:
        """Where the detector was in its warning zone, as `update` gives drift.

        Warnings are kept since this object was made, and are no part of `to_bytes`.
        """
        if self._warnings:
            return np.concatenate(self._warnings)
        return np.empty(0, SIGNAL if self._is_matrix else np.int64)

    @property
    def n(self) -> int:
        """Values of each series that were read, those left out included."""
        return int(self._states[0, 0]) if len(self._states) else 0

    @property
    def left_out(self) -> int | Indices:
        """Values that were not finite; of a matrix: an array, one a series."""
        counts = self._states[:, 1].astype(np.int64)
        return counts if self._is_matrix else int(counts[0])

    def _double(self, word: int) -> float | Floats:
        """A float64 of the states, behind the head."""
        found = self._states[:, _HEAD_WORDS + word].copy().view(np.float64)
        return found if self._is_matrix else float(found[0])

    def to_bytes(self) -> bytes:
        """Return parameters and states, to go on later with the same signals."""
        with self._lock:
            dimensions = 0 if self._is_matrix is None else 1 + self._is_matrix
            return state_bytes.encode(
                state_bytes.State(self.KIND, self._parameters, dimensions, self._states)
            )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the detector whose `to_bytes` gave `data`.

        InputError says why other bytes are refused: cut, changed, of another detector or of
        another version.
        """
        state = state_bytes.decode(data)
        if state.name != cls.KIND:
            raise InputError(f"from_bytes: expected {cls.KIND}, found the state of {state.name!r}")
        self = cls.__new__(cls)
        try:
            Detector.__init__(self, state.parameters)
            self._states = _core.stream_check(
                self._kind, self._parameters, state.words.reshape(-1), len(state.words)
            )
        except ValueError as error:
            raise InputError(f"from_bytes: {error}") from None
        self._is_matrix = None if state.dimensions == 0 else state.dimensions == 2
        return self

    def reset(self) -> None:
        """Forget everything that was read."""
        with self._lock:
            self._states = self._opened(1)
            self._is_matrix = None
            self._warnings = []

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self._states)} series, {self.n} values>"


def _values(owner: str, values: ArrayLike) -> Floats:
    """Values as float64 of one or two dimensions."""
    data = np.asarray(values)
    if data.dtype.kind not in "biuf" and data.size > 0:
        raise ValueError(f"{owner}: expected numbers or booleans, found {data.dtype}")
    if data.ndim not in (1, 2):
        raise ValueError(
            f"{owner}: expected an array of values or a matrix of series x times, "
            f"found {data.ndim} dimensions"
        )
    return np.ascontiguousarray(data, dtype=np.float64)
