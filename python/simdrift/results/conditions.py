"""What rows are filtered by: names of metrics, whole or short, and of statuses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from simdrift._errors import InputError
from simdrift._suggest import METHODS, did_you_mean
from simdrift.catalogue.statuses import STATUSES


def whole_metrics(asked: str | Collection[str], there: Sequence[str]) -> set[str]:
    """The whole names of the metrics asked for, among those that are there; InputError for a name
    that is neither there nor known.

    >>> sorted(whole_metrics("mean", ["drift.ks", "quality.mean"]))
    ['quality.mean']
    """
    names = {asked} if isinstance(asked, str) else set(asked)
    found: set[str] = set()
    for name in names:
        matching = {one for one in there if name in (one, one.partition(".")[2])}
        if not matching:
            _check_known(name, there)
        found |= matching
    return found


def stored_metrics(asked: str | Collection[str]) -> list[str]:
    """The whole names of metrics, of which the short ones must be known; another writer's whole
    names are taken as they are.

    >>> stored_metrics(["ks", "service.errors"])
    ['drift.ks', 'service.errors']
    """
    from simdrift.metrics.registry import records

    found: list[str] = []
    for name in [asked] if isinstance(asked, str) else asked:
        whole = [name] if "." in name else [one.name for one in records() if one.short == name]
        if not whole:
            _check_known(name, ())
        found += whole
    return found


def check_statuses(asked: str | Collection[str], there: Sequence[str]) -> None:
    """InputError for a status that does not exist."""
    known = list(dict.fromkeys([*there, *(status.name for status in STATUSES)]))
    for name in {asked} if isinstance(asked, str) else set(asked):
        if name not in known:
            meant = did_you_mean(name, known)
            raise InputError(f"status: found {name!r}{meant}, expected one of {', '.join(known)}")


def _check_known(name: str, there: Sequence[str]) -> None:
    from simdrift.metrics.registry import records  # loads every metric, and NumPy

    known = {key for one in records() for key in (one.name, one.short)}
    if name not in known:
        meant = did_you_mean(name, [*there, *sorted(known)], METHODS)
        listed = f"; these results have {', '.join(there)}" if there else ""
        raise InputError(f"metric: found no {name!r}{meant}{listed}")
