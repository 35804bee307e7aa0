"""Who a run and a series are: canonical JSON, content digests, UUIDv5 identifiers.

The same work has the same identifier on every machine and in every version of this library;
tests hold literal values, so an identifier can't change silently.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

from simdrift.results.rows import Run
from simdrift.results.text import apart
from simdrift.results.zones import in_zone

NAMESPACE = UUID("b76245f7-5de0-5494-9a66-1346dc971f74")
"""Namespace of every UUIDv5 of simdrift: uuid5(NAMESPACE_DNS, 'simdrift')."""

_NAN = struct.pack("<d", float("nan"))
_json = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
).encode


def utc_text(time: datetime | None) -> str | None:
    """An instant as ISO 8601 in UTC with a trailing Z, microseconds only where there are any.

    A time without a zone is a ValueError: nobody can say which instant it means.

    >>> from datetime import timezone, timedelta
    >>> utc_text(datetime(2013, 2, 8, tzinfo=timezone(timedelta(hours=-5))))
    '2013-02-08T05:00:00Z'
    """
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"expected a time with a zone, found {time.isoformat()} without one")
    return in_zone(time).isoformat().removesuffix("+00:00") + "Z"


def canonical_json(value: object) -> str:
    r"""One text per value: keys sorted, no spaces, ASCII only, times in UTC, no NaN.

    Mappings need string keys; tuples are lists; sets and unknown objects are a TypeError, NaN
    and infinities a ValueError. `1` and `1.0` differ.

    >>> canonical_json({"b": (1, 2.5), "a": "é"})
    '{"a":"\\u00e9","b":[1,2.5]}'
    """
    return _json(_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"expected a text key, found {key!r}")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, UUID):
        return str(value)
    return apart(value) if isinstance(value, str) else value


def digest(parts: Iterable[bytes | bytearray | memoryview | str | int | float | None]) -> str:
    """SHA-256 (64 hex digits) over tagged, length-prefixed parts: ('ab', 'c') and ('a', 'bc')
    differ, and so do 1, 1.0, True, '1' and b'1'.

    Each part is one type byte, its length as 8 bytes little endian, and its payload: bytes as
    they are, text as UTF-8 (lone surrogates allowed), integers in decimal, floats as 8 bytes
    little endian (every NaN is one NaN), None as nothing.

    >>> digest(["ab", "c"]) == digest(["a", "bc"])
    False
    """
    state = hashlib.sha256()
    for part in parts:
        tag, payload = _tagged(part)
        size = payload.nbytes if isinstance(payload, memoryview) else len(payload)
        state.update(tag + size.to_bytes(8, "little"))
        state.update(payload)
    return state.hexdigest()


def _tagged(part: object) -> tuple[bytes, bytes | memoryview]:
    if part is None:
        return b"0", b""
    if isinstance(part, bool):
        return b"o", b"1" if part else b"0"
    if isinstance(part, int):
        return b"i", str(part).encode()
    if isinstance(part, float):
        return b"f", struct.pack("<d", part) if part == part else _NAN
    if isinstance(part, str):
        return b"s", part.encode("utf-8", "surrogatepass")
    if isinstance(part, bytes | bytearray | memoryview):
        return b"b", memoryview(part)
    raise TypeError(f"expected bytes, str, int, float or None, found {type(part).__name__}")


def run_id(
    *,
    monitor: str = "",
    dataset: str = "",
    model: str = "",
    model_version: str = "",
    grain: str = "all",
    window_start: datetime | None = None,
    window_end: datetime | None = None,
    spec_digest: str = "",
    data_digest: str = "",
    reference_digest: str = "",
) -> UUID:
    """UUIDv5 of what makes a run: whose, which window, which spec, data and reference.

    >>> run_id(dataset="flights") == run_id(dataset="flights")
    True
    """
    return uuid5(
        NAMESPACE,
        _json(  # canonical_json of texts and times: a monitor has thousands of runs
            {
                "monitor": monitor,
                "dataset": dataset,
                "model": model,
                "model_version": model_version,
                "grain": grain,
                "window_start": utc_text(window_start),
                "window_end": utc_text(window_end),
                "spec_digest": spec_digest,
                "data_digest": data_digest,
                "reference_digest": reference_digest,
            }
        ),
    )


def identified(run: Run) -> Run:
    """The run with the run_id that its own fields give."""
    return run._replace(
        run_id=run_id(
            monitor=run.monitor,
            dataset=run.dataset,
            model=run.model,
            model_version=run.model_version,
            grain=run.grain,
            window_start=run.window_start,
            window_end=run.window_end,
            spec_digest=run.spec_digest,
            data_digest=run.data_digest,
            reference_digest=run.reference_digest,
        )
    )


def series_key(
    monitor: str,
    dataset: str,
    model: str,
    model_version: str,
    segment: str,
    column: str,
    metric: str,
    params: str,
    grain: str,
) -> UUID:
    """UUIDv5 of the text keys of one series of values over time.

    >>> key = series_key("", "flights", "", "", "", "dep_delay", "drift.ks", "", "1d")
    >>> key.version
    5
    """
    texts = {
        "monitor": monitor,
        "dataset": dataset,
        "model": model,
        "model_version": model_version,
        "segment": segment,
        "column": column,
        "metric": metric,
        "params": params,
        "grain": grain,
    }
    # canonical_json of texts, at once where all are ASCII: a batch has thousands of series
    plain = "".join(texts.values()).isascii()
    return uuid5(NAMESPACE, _json(texts) if plain else canonical_json(texts))
