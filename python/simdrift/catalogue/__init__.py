"""Every metric and status as data. This package imports nothing of simdrift's; everything that
lists, labels or judges metrics reads it."""
