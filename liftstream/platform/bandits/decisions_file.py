"""`decisions.csv`: a line per quantum, as `liftstream bandit evaluate` reads it."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, select

from liftstream.platform.bandits.live import LiveBandit
from liftstream.platform.bandits.tables import BanditQuantum

HEADER: Final = (
    "quantum,arm,propensity,reward,reference,impressions,reference_impressions,from_ms,until_ms,reason\n"
)


def decision_lines(connection: Connection, live: LiveBandit) -> Iterator[str]:
    """Line by line, the oldest quantum first.

    `reward` is the sum of the objective in the target group, `reference` that of the reference group meanwhile.
    """
    yield HEADER
    rows = connection.execute(
        select(BanditQuantum).where(BanditQuantum.bandit == live.id).order_by(BanditQuantum.number)
    )
    for row in rows:
        arm = '"' + live.arms[row.arm].name.replace('"', '""') + '"'
        yield (
            f"{row.number},{arm},{row.propensity!r},{row.target_objective!r},{row.reference_objective!r},"
            f"{row.target_impressions!r},{row.reference_impressions!r},{row.from_ms},{row.until_ms},{row.reason}\n"
        )
