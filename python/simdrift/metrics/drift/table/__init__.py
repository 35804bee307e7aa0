"""Drift of whole rows: of the relations between columns, which no column shows on its own.

A table method is registered as a column's method is, for the kind 'table'; it takes a
`TablePair` (`sample.py`). Its public face takes two frames.
"""
