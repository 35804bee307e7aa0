"""What people look at: reports of comparisons and profiles, and what stands out. Read report.py
first."""

from simdrift.reports.profile import ProfileReport
from simdrift.reports.profile_pair import ProfilePair
from simdrift.reports.ranking import StandOut, stand_out
from simdrift.reports.report import Report

__all__ = ["ProfilePair", "ProfileReport", "Report", "StandOut", "stand_out"]


def __dir__() -> list[str]:
    return sorted(__all__)
