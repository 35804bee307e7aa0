"""Checks of a table: what is to hold of it, in Python and in TOML, and what became of each."""

from simdrift.checks.definition import Check
from simdrift.checks.document import Checks
from simdrift.checks.report import CheckReport
from simdrift.checks.suggest import suggest_checks

__all__ = ["Check", "CheckReport", "Checks", "suggest_checks"]
