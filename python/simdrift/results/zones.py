"""Time zones by name, and times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simdrift._errors import InputError


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
    return in_zone(time)


def in_zone(time: datetime, zone: tzinfo = UTC) -> datetime:
    """A time with a zone as another zone has it; InputError before year 1 and after year 9999.

    >>> print(in_zone(datetime.fromisoformat("2013-02-08T00:00:00-05:00")))
    2013-02-08 05:00:00+00:00
    """
    try:
        return time.astimezone(zone)
    except OverflowError:
        raise InputError(
            f"expected a time in the years 1 to 9999 of {zone}, found {time.isoformat()}"
        ) from None
