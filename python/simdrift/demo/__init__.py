"""Demonstrations on real data: the flights of 2013, and the TLC's taxi files."""
