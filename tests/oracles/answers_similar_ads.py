"""How the package is asked the oracles' question about similar ads: the linear score of candidates."""

from typing import Any

import numpy as np

from liftstream.similar_ads.configuration import RankerConfiguration, linear_score


def similar_ads_score(
    candidates: list[dict[str, float]], source: dict[str, float], weights: dict[str, float]
) -> dict[str, Any]:
    named = {"word" if name == "rank" else name: float(value) for name, value in weights.items()}
    column = {name: np.array([one[name] for one in candidates], dtype=np.float64) for name in candidates[0]}
    scores = linear_score(
        RankerConfiguration(**named),
        column["word_count"],
        column["metro_id"] == source["metro_id"],
        column["location_id"] == source["location_id"],
        column["price"] - source["price"],
    )
    return {"scores": scores.tolist()}


ANSWERS = {"similar_ads_score": similar_ads_score}
