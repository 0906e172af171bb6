"""Rows of an experiment as a tree and its contestants learn from them."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.uplift.clients import Clients
from training.uplift.features import Field, Floats, encode
from training.uplift.tree.tree import Bits, Integers


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Rows to learn from, or to be judged by.

    Attributes:
        columns: the matrix, see `features.encode`.
        treatment: 1 influenced, 0 left alone.
        outcome: any number; 0 and 1 for did not and did.
    """

    columns: list[Floats]
    treatment: Bits
    outcome: Floats

    @classmethod
    def of(cls, fields: Sequence[Field], clients: Clients) -> "TrainingRows":
        """The rows of all these clients."""
        return cls(encode(fields, clients.table), clients.treatment, clients.outcome)

    def take(self, rows: Integers) -> "TrainingRows":
        """Some of these rows."""
        columns = [column[rows] for column in self.columns]
        return TrainingRows(columns, self.treatment[rows], self.outcome[rows])
