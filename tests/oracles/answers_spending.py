"""How the package is asked the oracles' question about spending: the trend of each user, prolonged by a month."""

from typing import Any

import numpy as np

from liftstream.forecast.models.trend import next_of_trend


def spending_trend(monthly: dict[str, list[float]]) -> dict[str, Any]:
    predicted = next_of_trend(np.array(list(monthly.values()), dtype=np.float64))
    return {"next_month": dict(zip(monthly, predicted.tolist(), strict=True))}


ANSWERS = {"spending_trend": spending_trend}
