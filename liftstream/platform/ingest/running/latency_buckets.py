"""How long answers took: counts in buckets that grow by a quarter, so a quantile is known to 12 %."""

import math
from collections.abc import Mapping

GROWTH = 1.25


def bucket_of(delay_ms: float) -> int:
    """The bucket of a delay; 0 up to 1 ms."""
    return 0 if delay_ms <= 1 else math.ceil(math.log(delay_ms) / math.log(GROWTH))


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The delay in ms below which `share` of the answers came, in the middle of its bucket; None without any."""
    total = sum(counts.values())
    if total == 0:
        return None
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= share * total:
            return float(GROWTH ** (bucket - 0.5)) if bucket else 1.0
    return None
