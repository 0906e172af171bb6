"""What a scenario asks of its case, where it is not the usual."""

from dataclasses import dataclass

from liftstream.prove.entrance import Door

WINDOW_S = 2.0
PARTITIONS = 4


@dataclass(frozen=True)
class CaseOptions:
    """The surroundings of a scenario.

    Attributes:
        door: by which workers enter Kafka: `open`, `secured` (as a user who has the three rights of a worker and no
            others) or `network`, which may be bad.
        keyed: whether the records of the input topics have keys.
        partitions: of the topics.
        historic: partitions of the historic topic; None for as many as the others.
        side_output_in_topic: whether the side output is a topic, not a folder.
        start: where workers begin that find no commit.
        window_s: of the join.
    """

    door: Door = "open"
    keyed: bool = True
    partitions: int = PARTITIONS
    historic: int | None = None
    side_output_in_topic: bool = False
    start: str = "earliest"
    window_s: float = WINDOW_S

    @property
    def counts(self) -> tuple[int, int]:
        """Partitions of the demographic and the historic topic."""
        return self.partitions, self.historic or self.partitions
