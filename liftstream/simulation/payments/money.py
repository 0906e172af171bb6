"""What it is worth to ask the owner before a payment goes through."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.payments.cards import Floats

GAIN: Final = 40.0
"""Mean $ that a question saves where the payment is fraud."""
LOSS: Final = 2.0
"""Mean $ that it costs where the payment is good: some owners give up and buy elsewhere."""
BREAK_EVEN: Final = LOSS / (GAIN + LOSS)
"""The chance of fraud from which asking pays: 0.048."""


def value_of_asking(fraud: NDArray[np.bool_]) -> Floats:
    """$ that a question adds for each payment."""
    value: Floats = np.where(fraud, GAIN, -LOSS)
    return value
