"""Numbers as documents can hold them."""

import math


def finite_or_none(value: float) -> float | None:
    """The number; None for an infinite one or NaN, which JSON does not have."""
    return float(value) if math.isfinite(value) else None
