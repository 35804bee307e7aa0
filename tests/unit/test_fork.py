"""Forking after a parallel region: the child computes, in parallel too, and ends."""

import subprocess
import sys

import pytest

LIMIT_SECONDS = 30

PREPARE = """
import multiprocessing, os, sys
import numpy as np
from simdrift._core import Column, profile, two_sample
values = np.random.default_rng(20130208).normal(size=2_000_000)
column = Column.from_numpy(values)
def work(threads):
    half = column.slice(0, 999_999)
    return profile(column, threads)["sum"], two_sample(column, half, threads=threads)["ks"]
if __name__ == "__main__":
    expected = work(4)
"""

OS_FORK = """
    for threads in (4, 1, 2):
        child = os.fork()
        if child == 0:
            os._exit(0 if work(threads) == expected == work(threads) else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert work(4) == expected
"""

FORK_OF_A_FORK = """
    child = os.fork()
    if child == 0:
        work(3)
        grandchild = os.fork()
        if grandchild == 0:
            os._exit(0 if work(4) == expected else 1)
        os._exit(os.waitpid(grandchild, 0)[1] != 0)
    assert os.waitpid(child, 0)[1] == 0
"""

MULTIPROCESSING = """
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(work, [4, 2, 1, 4, 2, 1]) == [expected] * 6
    assert work(4) == expected
"""

FORK_IN_A_THREAD = """
    import threading
    def fork():
        child = os.fork()
        if child == 0:
            os._exit(0 if work(4) == expected else 1)
        codes.append(os.waitpid(child, 0)[1])
    codes = []
    threads = [threading.Thread(target=fork) for _ in range(3)]
    for thread in threads: thread.start()
    assert work(4) == expected
    for thread in threads: thread.join()
    assert codes == [0, 0, 0]
"""


@pytest.mark.parametrize(
    "body",
    [OS_FORK, FORK_OF_A_FORK, MULTIPROCESSING, FORK_IN_A_THREAD],
    ids=["os_fork", "fork_of_a_fork", "multiprocessing", "fork_in_a_thread"],
)
def test_a_child_forked_after_a_parallel_region_computes_and_ends(body):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PREPARE + body],
        timeout=LIMIT_SECONDS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
