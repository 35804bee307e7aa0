"""Sizes of the test data."""

from datetime import UTC, datetime

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS, REFERENCE_DAYS, ROWS_A_DAY = 40, 10, 200
WINDOWS = DAYS - REFERENCE_DAYS
