"""Time zones by name, and times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> tzinfo:
    """The IANA zone of that name, else ValueError. UTC needs no files of zones."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError(f"expected an IANA zone such as 'Europe/Berlin', found {name!r}") from None


def in_utc(time: datetime | None) -> datetime | None:
    """The same instant in UTC; a time without a zone is a ValueError."""
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"expected a window time with a zone, found {time.isoformat()}")
    return time.astimezone(UTC)
