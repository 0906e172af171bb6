"""The root of an increasing function of one number."""

import math
from collections.abc import Callable


def find_root(f: Callable[[float], float], low: float, high: float, most: float = math.inf) -> float:
    """The x with f(x) = 0 for increasing f, to the last digits.

    Regula falsi with halved ordinates (Illinois), which keeps the bracket and converges faster than bisection.

    Args:
        low: where f <= 0; taken as the answer if f is above 0 there already.
        high: a first guess where f >= 0; doubled in distance until it is, at most to `most`.

    Raises:
        ValueError: f stays below 0 up to `most`.
    """
    at_low, at_high = f(low), f(high)
    if at_low >= 0:
        return low
    while at_high < 0:
        if high >= most:
            raise ValueError(f"no root up to {most:g}")
        low, at_low, high = high, at_high, min(most, high + 2 * (high - low))
        at_high = f(high)
    return _narrow(f, low, at_low, high, at_high)


def _narrow(f: Callable[[float], float], low: float, at_low: float, high: float, at_high: float) -> float:
    kept = 0  # the end that the last step kept: -1 low, 1 high
    for _ in range(200):
        if at_high == 0:
            return high
        if high - low <= 4e-16 * max(abs(low), abs(high)):
            break
        x = (low * at_high - high * at_low) / (at_high - at_low)
        if not low < x < high:
            x = low + (high - low) / 2
        at_x = f(x)
        if at_x < 0:
            low, at_low, at_high, kept = x, at_x, at_high / (2 if kept == 1 else 1), 1
        else:
            high, at_high, at_low, kept = x, at_x, at_low / (2 if kept == -1 else 1), -1
    return high if kept == -1 else low
