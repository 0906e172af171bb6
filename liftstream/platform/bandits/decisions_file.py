"""`decisions.csv`: a line per quantum, as `liftstream bandit evaluate` reads it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import Connection, select

from liftstream.platform.bandits.tables import BanditArm, BanditQuantum

HEADER: Final = (
    "quantum,arm,propensity,reward,reference,impressions,reference_impressions,from_ms,until_ms,reason\n"
)

AT_ONCE: Final = 5_000


def decision_parts(reading: Callable[[], AbstractContextManager[Connection]], bandit: str) -> Iterator[str]:
    """The file in parts of whole lines, the oldest quantum first.

    `reward` is the sum of the objective in the target group, `reference` that of the reference group meanwhile. However
    slowly it is read, no transaction stays open and never more than `AT_ONCE` quanta are in memory.

    Args:
        reading: gives a view of the database.
    """
    yield HEADER
    last = -1
    while True:
        query = (
            select(BanditQuantum, BanditArm.name)
            .join(
                BanditArm,
                (BanditArm.bandit == BanditQuantum.bandit) & (BanditArm.number == BanditQuantum.arm),
            )
            .where(BanditQuantum.bandit == bandit, BanditQuantum.number > last)
            .order_by(BanditQuantum.number)
            .limit(AT_ONCE)
        )
        with reading() as connection:
            rows = connection.execute(query).all()
        yield "".join(_line(row) for row in rows)
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].number


def _line(row: Any) -> str:
    arm = '"' + row.name.replace('"', '""') + '"'
    return (
        f"{row.number},{arm},{row.propensity!r},{row.target_objective!r},{row.reference_objective!r},"
        f"{row.target_impressions!r},{row.reference_impressions!r},{row.from_ms},{row.until_ms},{row.reason}\n"
    )
