"""Types that many modules name in their signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress: TypeAlias = Callable[[int, int], object] | None
"""Called with what is done and how much there is; it may raise to stop the work."""
Floats: TypeAlias = "NDArray[np.float64]"
"""An array of float64."""
