"""How amounts and p-values are written: with how many decimals, alone and next to others."""

import math
from collections.abc import Iterable

MOST_DECIMALS = 8
MOST_DIGITS = 14
P_LEAST = 1e-300
"""Smallest p-value that is told as a number."""


HUGE = 1e15
"""From here on a number has more digits than a double knows."""


def money(amount: float, *, sign: bool = False, beside: Iterable[float | None] = ()) -> str:
    """An amount with two decimals, none from 1,000 on, more where it is small; with a power of ten where neither does.

    Args:
        beside: amounts that are read together with this one, as an estimate and the ends of its interval are. All of
            them are written with the same number of decimals: as the largest asks, and enough to tell them apart.

    >>> money(0.6149, sign=True), money(-0.0843), money(-0.0843, beside=(0.94, 1.96))
    ('+0.61', '-0.084', '-0.08')
    >>> money(4.3668e17), money(2.6e-12, beside=(1.2e-12, 3.9e-12))
    ('4.37e+17', '2.60e-12')
    """
    known = [one for one in (amount, *beside) if one is not None and math.isfinite(one)]
    size = max(map(abs, known), default=0.0)
    spread = max(known, default=0.0) - min(known, default=0.0)
    by_size = 0 if size >= 1000 else 2 if size >= 0.1 or size == 0 else 1 - math.floor(math.log10(size))
    apart = -math.floor(math.log10(spread)) if spread else 0
    if has_power(size, by_size):
        digits = apart + math.floor(math.log10(size)) if spread else 0
        return f"{amount:{'+' if sign else ''}.{min(MOST_DIGITS, max(2, digits))}e}"
    return f"{amount:{'+' if sign else ''},.{min(MOST_DECIMALS, max(by_size, apart))}f}"


def has_power(size: float, decimals: int) -> bool:
    """Whether numbers of this size, with as many decimals as they need, are written with a power of ten."""
    return size >= HUGE or decimals > MOST_DECIMALS


def told_p(pvalue: float) -> str:
    """A p-value in words.

    >>> told_p(0.00321), told_p(0.0)
    ('p 0.0032', 'p below 1e-300')
    """
    return f"p {pvalue:.2g}" if pvalue >= P_LEAST else f"p below {P_LEAST:g}"
