"""SAS's BESTw.: a number in the notation that shows most of it in so many characters.

Whole numbers are written without a point, others without trailing zeros and with as many decimals as fit; what does not
fit is written with an exponent, 1257000 in six characters as 1.26E6. At most 15 digits are shown. A number so small
that its leading zeros cost digits may be written in either way by SAS; it is not written here.
"""

from typing import Final

MOST_DIGITS: Final = 15
LEAST: Final = 1e-4
LEAST_CUT: Final = 1e-3
"""Below this, and where digits have to be left out, SAS may choose either notation."""
WIDTHS: Final = range(1, 33)


def write_best(number: float, width: int) -> str | None:
    """The number in at most `width` characters; None where SAS fills the field with asterisks or its choice is not known."""
    if 0 < abs(number) < LEAST:
        return None
    exact = _decimal(number)
    if len(exact) <= width:
        return exact
    if 0 < abs(number) < LEAST_CUT:
        return None
    for decimals in range(MOST_DIGITS, -1, -1):
        text = _shorten(f"{number:.{decimals}f}")
        if len(text) <= width:
            return text
    for decimals in range(MOST_DIGITS, -1, -1):
        mantissa, exponent = f"{number:.{decimals}e}".split("e")
        text = f"{_shorten(mantissa)}E{int(exponent)}"
        if len(text) <= width:
            return text
    return None


def _decimal(number: float) -> str:
    """The number with at most MOST_DIGITS digits and no exponent."""
    exponent = int(f"{number:e}".split("e")[1])
    return _shorten(f"{number:.{max(MOST_DIGITS - 1 - exponent, 0)}f}")


def _shorten(text: str) -> str:
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short in ("-0", "") else short
