"""How fast simdrift is on this machine: the command `simdrift bench`."""

from simdrift.benchmark.history import Regression, compare, read_history, write_history
from simdrift.benchmark.suite import Measurement, run
from simdrift.benchmark.tasks import TASKS, Task

__all__ = [
    "TASKS",
    "Measurement",
    "Regression",
    "Task",
    "compare",
    "read_history",
    "run",
    "write_history",
]
