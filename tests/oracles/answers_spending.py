"""How the package is asked the oracles' question about spending: the trend of each user, prolonged by a month."""

from typing import Any

import numpy as np

from liftstream.forecast.models.trend import next_of_trend


def spending_trend(monthly: dict[str, list[float]]) -> dict[str, Any]:
    return {
        "next_month": {user: float(next_of_trend(np.array([row], float))[0]) for user, row in monthly.items()}
    }


ANSWERS = {"spending_trend": spending_trend}
