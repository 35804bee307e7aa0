"""Every error that simdrift raises on purpose.

SimdriftError
 +- InvalidColumn (ValueError)       a structurally broken array: column, rule, row
 +- UnsupportedColumn (TypeError)    a well-formed array of a type that is not computed on
 +- SpecError (ValueError)           a monitor spec: names the key, expected, found
 +- InputError (ValueError)          a file or frame that cannot be read
 +- StoreError (RuntimeError)        the store refused; the message says what to do
     +- StoreUnreachable             no server: what was computed lies in the spool
     +- StoreNotMigrated             the schema is absent or of another version

Data never raises: a metric gives a value or a status. No message shows a password.
"""

from __future__ import annotations

from typing import Any

from simdrift._secrets import redact


class SimdriftError(Exception):
    """Base of every error of this library; passwords of DSNs in its message become ***."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*(redact(one) if isinstance(one, str) else one for one in arguments))


class InvalidColumn(SimdriftError, ValueError):
    """A structurally broken array was refused."""


class UnsupportedColumn(SimdriftError, TypeError):
    """A well-formed array of a type that is not computed on. `present`: its rows as a column of
    booleans, null where one is missing; None where that is not known."""

    present: Any = None


class SpecError(SimdriftError, ValueError):
    """A monitor spec that cannot be used; names the key, what was expected and found."""


class InputError(SimdriftError, ValueError):
    """A file or frame that cannot be read; says what to do."""


class StoreError(SimdriftError, RuntimeError):
    """The store refused."""


class StoreUnreachable(StoreError):
    """No server answered in time; nothing is lost, the spool holds it."""


class StoreNotMigrated(StoreError):
    """The schema is absent or of another version: run `simdrift migrate`."""
