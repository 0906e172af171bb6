"""What a decision earns: shown to an interested client it gains, to another it displaces usual sales.

Money spent in a session is gamma distributed. Its mean is 20 $, changed by the decision; its shape is the same for
everybody and chosen so that the standard deviation over all clients of the original system is 15 $. So nothing is
ever negative, and nothing has to be cut off at zero.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.shop.customers import Decisions
from liftstream.simulation.shop.truth import Floats

USUAL: Final = 20.0
"""Mean money per session in $ when the category is not shown."""
GAIN: Final = 3.0
"""$ more when it is shown to an interested client."""
LOSS: Final = 5.97
"""$ less when it is shown to one who is not."""
BREAK_EVEN: Final = LOSS / (GAIN + LOSS)
"""P(interested) from which showing pays: 0.6656."""
SD_ORIGINAL: Final = 15.0
"""$ per session, over all clients, when the original system decides."""

MEN: Final = 0.55
INTERESTED_MEN: Final = 0.6041
"""P(interested | man), from 12 million draws of the truth."""


def expected_revenue(shown: Decisions, interested: Decisions) -> Floats:
    """Mean $ of a session, given decision and interest (0/1 vectors)."""
    mean: Floats = USUAL + np.where(shown, np.where(interested, GAIN, -LOSS), 0.0)
    return mean


def shape_of_revenue() -> float:
    """The gamma shape k with E[mean^2]/k + Var[mean] = 15^2 where the original system shows the category to men."""
    means = np.array([USUAL + GAIN, USUAL - LOSS, USUAL])
    shares = np.array([MEN * INTERESTED_MEN, MEN * (1 - INTERESTED_MEN), 1 - MEN])
    second, variance = shares @ means**2, shares @ means**2 - (shares @ means) ** 2
    return float(second / (SD_ORIGINAL**2 - variance))


def draw_luck(rng: np.random.Generator, count: int) -> Floats:
    """The chance in the money of `count` sessions: gamma with mean 1, drawn before anybody decides.

    What a session brings is then a function of the decision alone, in whatever order the decisions come.
    """
    shape = shape_of_revenue()
    return rng.standard_gamma(shape, count) / shape


def revenue(shown: Decisions, interested: Decisions, luck: Floats) -> Floats:
    """Money spent in $ and whole cents, never negative; one value per session."""
    return np.round(expected_revenue(shown, interested) * luck, 2)


def value_of_showing(interest: Floats) -> Floats:
    """Expected $ that showing the category adds for a client with this P(interested)."""
    return GAIN * interest - LOSS * (1 - interest)


def gain_over(other: Decisions, shown: Decisions, interest: Floats) -> float:
    """Expected $ per client that the decisions `shown` earn more than the decisions `other`.

    Exact for these clients: the chance in interest and in spending is integrated out, none is drawn.

    Args:
        other: decisions to compare with, 0/1; the original system's are `clients.man`.
        shown: decisions, 0/1.
        interest: true P(interested).
    """
    changed = np.asarray(shown, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return float(np.mean(changed * value_of_showing(interest)))


def decide_best(interest: Floats) -> NDArray[np.bool_]:
    """The most profitable decisions that can be made from P(interested)."""
    return interest >= BREAK_EVEN
