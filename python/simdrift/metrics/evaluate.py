"""One way to evaluate, for every family of metrics: an unexpected exception costs one metric of
one column, or those that share one pass over it. It is logged, and becomes the status 'error'."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from simdrift.metrics.near import NoValueError
from simdrift.metrics.values import ERROR, Outcome, cleaned

log = logging.getLogger("simdrift")

Computed = TypeVar("Computed")


def attempt(
    what: str, column: str, compute: Callable[[], Computed], *, logged: bool = True
) -> Computed | Outcome:
    """What `compute` returns; where it raises, an outcome with the status 'error', and a line in
    the log unless not `logged`. Ctrl-C is raised."""
    try:
        return _quietly(compute)
    except NoValueError as error:
        return Outcome(None, error.status, reason=str(error))
    except Exception as error:
        if logged:
            log.exception("%s of column %r failed", what, column)
        return Outcome(None, ERROR, reason=f"{type(error).__name__}: {error}")


@np.errstate(all="ignore")
def _quietly(compute: Callable[[], Computed]) -> Computed:
    """What `compute` returns, without NumPy's warnings: what is not finite becomes a status."""
    return compute()


def evaluated(metric: str, column: str, compute: Callable[[], Outcome]) -> Outcome:
    """The outcome of one metric of one column, whatever the data: a finite value or a status."""
    return attempt(metric, column, lambda: cleaned(compute()))
