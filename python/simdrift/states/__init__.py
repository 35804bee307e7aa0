"""Rows as states that can be added: profiles and comparisons without the rows."""

from simdrift.states.state import State

__all__ = ["State"]
