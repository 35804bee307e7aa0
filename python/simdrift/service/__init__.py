"""Service health: metrics of a request log, and a recorder that writes one."""

from simdrift.service.health import ROLES, health
from simdrift.service.recorder import Recorder
from simdrift.service.ring import Request

__all__ = ["ROLES", "Recorder", "Request", "health"]


def __dir__() -> list[str]:
    return __all__
