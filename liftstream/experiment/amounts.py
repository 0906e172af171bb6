"""How many decimals an amount is written with, alone and next to others."""

import math
from collections.abc import Iterable

MOST_DECIMALS = 8


def money(amount: float, *, sign: bool = False, beside: Iterable[float | None] = ()) -> str:
    """An amount with two decimals, none from 1,000 on, more where it is small.

    Args:
        beside: amounts that are read together with this one, as an estimate and the ends of its interval are. All of
            them are written with the same number of decimals: as the largest asks, and enough to tell them apart.

    >>> money(0.6149, sign=True), money(-0.0843), money(-0.0843, beside=(0.94, 1.96))
    ('+0.61', '-0.084', '-0.08')
    """
    return f"{amount:{'+' if sign else ''},.{_decimals((amount, *beside))}f}"


def _decimals(amounts: Iterable[float | None]) -> int:
    known = [amount for amount in amounts if amount is not None and math.isfinite(amount)]
    size = max(map(abs, known), default=0.0)
    spread = max(known, default=0.0) - min(known, default=0.0)
    by_size = 0 if size >= 1000 else 2 if size >= 0.1 or size == 0 else 1 - math.floor(math.log10(size))
    apart = -math.floor(math.log10(spread)) if spread else 0
    return min(MOST_DECIMALS, max(by_size, apart))
