"""How the package is asked the oracle's question about the look-alike loop."""

from typing import Any

import numpy as np

from training.look_alike.selection import select_right


def look_alike_step(y: list[int], p: list[float]) -> dict[str, Any]:
    found = select_right(np.array(y), np.array(p))
    return {
        "roc_auc": None if np.isnan(found.roc_auc) else found.roc_auc,
        "threshold": found.threshold,
        "f1": found.f1,
        "correct_indices": np.flatnonzero(found.right).tolist(),
        "left_indices": np.flatnonzero(~found.right).tolist(),
    }


ANSWERS = {"look_alike_step": look_alike_step}
