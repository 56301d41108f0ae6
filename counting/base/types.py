"""What modules of every room speak of, and no library is loaded for."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

NO_TARGET = -1  # in the place of a target that is not scored
