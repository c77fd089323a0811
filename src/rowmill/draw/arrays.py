"""Names for the arrays that draws and their callers pass around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
"""Numbers, indices, times or money as 64-bit integers."""
Flags = NDArray[np.bool_]
"""One truth value a row."""
Integers = NDArray[np.integer[Any]]
"""Integers of any width: indices that are only looked up."""
