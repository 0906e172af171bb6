"""Numbers as people type them: what was probably meant by a text that cannot be read, so that it can be asked about."""

import re
from typing import Final

COMMA: Final = re.compile(r"([+-]?)(\d+),(\d+)")
BOTH_MARKS: Final = re.compile(r"[+-]?\d{1,3}(?:(?:\.\d{3})+,\d+|(?:,\d{3})+\.\d+)")
"""Marks of thousands and a decimal mark: only the last one is decimal."""
THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
"""A number such as 1,234: a thousand, or one with three decimals."""
ONLY_ZEROS: Final = re.compile(r"\.0+$")


def meant_numbers(text: str) -> tuple[str, ...]:
    """The numbers that may have been meant, as they can be read; none if the text is not a number.

    >>> meant_numbers("0,7"), meant_numbers("1.500,00"), meant_numbers("1,250"), meant_numbers("much")
    (('0.7',), ('1500',), ('1.250', '1250'), ())
    """
    typed = text.strip()
    if BOTH_MARKS.fullmatch(typed):
        thousands = min(".,", key=typed.rindex)
        return (_short(typed.replace(thousands, "").replace(",", ".")),)
    if THOUSANDS.fullmatch(typed):
        whole = typed.replace(",", "")
        return (typed.replace(",", "."), whole) if typed.count(",") == 1 else (whole,)
    if COMMA.fullmatch(typed):
        return (_short(typed.replace(",", ".")),)
    return ()


def _short(number: str) -> str:
    return ONLY_ZEROS.sub("", number)
