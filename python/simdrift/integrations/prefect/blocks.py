"""The store as a Prefect block: where results go, its password kept as a secret."""

from __future__ import annotations

from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from simdrift.store import Store


class SimdriftStore(Block):
    """Where simdrift's results are written.

    Without a DSN: SIMDRIFT_DSN of the worker, else its embedded server.
    """

    _block_type_name = "simdrift Store"
    _block_type_slug = "simdrift-store"

    dsn: SecretStr | None = Field(
        default=None, description="postgresql://user:password@host/database; kept secret."
    )
    deadline: float = Field(
        default=30.0, ge=0, description="Seconds to try a server that is away, at each try."
    )
    spool: str | None = Field(
        default=None, description="Folder where results wait [default: SIMDRIFT_SPOOL]."
    )

    def open(self) -> Store:
        """The store; close it, or use it in a with statement."""
        dsn = None if self.dsn is None else self.dsn.get_secret_value()
        return Store(dsn, deadline=self.deadline, spool=self.spool)
