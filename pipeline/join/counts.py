"""Counts of what happened with the records that a worker read."""

from collections import Counter
from dataclasses import dataclass, field

from liftstream.contracts.side_output import REASONS


@dataclass
class JoinCounts:
    """What happened to every record; `read = sides * joined + put aside + waiting + returned` at any moment.

    `passed_over` were resolved before a restart and are not `read`.
    """

    read: int = 0
    joined: int = 0
    aside: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))
    returned: int = 0
    passed_over: int = 0
    oddities: Counter[str] = field(default_factory=Counter)
