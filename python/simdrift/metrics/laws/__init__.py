"""The laws of test statistics under no drift: p-values and their logarithms."""
