"""Null distributions of test statistics: p-values and their logarithms under no drift."""
