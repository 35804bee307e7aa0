"""Columns of middle length are measured several at a time, each on one thread.

A kernel on a million rows has parts that no second thread can take (choosing a map, walking its
cells); another column's kernels can run meanwhile, as they leave the interpreter free. Short
columns are not worth a hand-over. Long ones use all threads in each kernel, which also keeps
the memory that is used at once to one column's. Where no thread can be started, the calling
one measures them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from simdrift import _core

Item = TypeVar("Item")
Found = TypeVar("Found")

LEAST_ROWS = 50_000
MOST_ROWS = 1_000_000  # a column takes some 50 ms: so long Ctrl-C has to wait


def each(
    function: Callable[[Item, int | None], Found],
    items: Sequence[Item],
    *,
    rows: int,
    threads: int | None,
) -> Iterator[Found]:
    """`function(item, threads)` of each, in order. `rows`: of the longer side of a column;
    `threads`: of the call. What a call raises is raised here, and no further one begins.

    >>> list(each(lambda item, threads: (item, threads), ["a", "b"], rows=10, threads=None))
    [('a', None), ('b', None)]
    """
    workers = min(threads or int(_core.show_config()["threads"]), len(items))
    if workers < 2 or not LEAST_ROWS <= rows <= MOST_ROWS:
        for item in items:
            yield function(item, threads)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="simdrift")
    try:
        futures = _begun(pool, function, items)
        for future in futures:
            yield future.result()
        for item in items[len(futures) :]:
            yield function(item, threads)
    finally:
        pool.shutdown(cancel_futures=True)


def _begun(
    pool: ThreadPoolExecutor, function: Callable[[Item, int], Found], items: Sequence[Item]
) -> list[Future[Found]]:
    """The calls that the pool makes: of all items or, where the system refuses it a thread, of
    those that its other threads have begun by then; these have ended."""
    futures = []
    try:
        for item in items:
            futures.append(pool.submit(function, item, 1))
    except RuntimeError:
        pool.shutdown(cancel_futures=True)
    return [future for future in futures if not future.cancelled()]
