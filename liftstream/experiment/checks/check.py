"""The result of a check: ok, warning or alarm, in a sentence, with its numbers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from liftstream.experiment.record import Record

STATUSES = ("ok", "warning", "alarm")


@dataclass(frozen=True, repr=False)
class Check(Record):
    """The answer of one guard."""

    name: str
    status: str
    """`ok`; `warning`: read on with care; `alarm`: do not trust the difference."""
    sentence: str
    numbers: dict[str, float] = field(default_factory=dict)


def worst(checks: Iterable[Check]) -> str:
    """The worst status of all."""
    return max((check.status for check in checks), key=STATUSES.index, default="ok")
