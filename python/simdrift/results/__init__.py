"""What came out: rows, reports, rankings and files. Read rows.py first."""

from .collection import Results
from .profile import ProfileReport
from .ranking import StandOut, stand_out
from .report import Report
from .rows import Histogram, Result, Run

__all__ = [
    "Histogram",
    "ProfileReport",
    "Report",
    "Result",
    "Results",
    "Run",
    "StandOut",
    "stand_out",
]
