"""What showing the category is worth: by whether the client is interested, or client by client."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.shop.money import GAIN, LOSS


@dataclass(frozen=True)
class Stakes:
    """The two sides of a decision, in $ per client.

    Attributes:
        gain: what showing the category adds for an interested client.
        loss: what it costs for another.
        whose: whose money it is, for those who read the figures.
    """

    gain: float
    loss: float
    whose: str = "as given"

    @property
    def break_even(self) -> float:
        """P(interested) from which showing pays."""
        return self.loss / (self.gain + self.loss)

    def of_showing(self, label: NDArray[Any]) -> NDArray[np.float64]:
        """What showing adds for clients with these labels (1 for interested)."""
        return np.where(label == 1, self.gain, -self.loss)

    def __str__(self) -> str:
        return (
            f"{self.gain:.2f} $ gained with an interested client, {self.loss:.2f} $ lost with another ({self.whose}),"
            f" break-even P(interested) = {self.break_even:.3f}"
        )


SHOP: Final = Stakes(GAIN, LOSS, "the simulated shop's")
