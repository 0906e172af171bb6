"""Draws the arm of a client by a salted hash, so the same client always gets the same arm, in any process.

FNV-1a in GrowthBook's second version, the field's common format: their SDKs give the same client the same arm. That is
so for ids and salts in ASCII: of other characters a browser's SDK hashes UTF-16 units, this hashes UTF-8 bytes.
Different salts make experiments independent of each other.
"""

from collections.abc import Mapping, Sequence

from liftstream.experiment.arguments import not_negative, refuse

BUCKETS = {1: 1_000, 2: 10_000}


def fnv1a(text: str) -> int:
    """The 32-bit FNV-1a hash of a text in UTF-8 (Fowler, Noll, Vo)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def position(value: str, salt: str, version: int = 2) -> float:
    """Where a client stands in 0..1: in steps of 1/10,000 (version 2) or 1/1,000 (version 1, biased, for old tests)."""
    if version == 2:
        return fnv1a(str(fnv1a(salt + value))) % BUCKETS[2] / BUCKETS[2]
    if version != 1:
        refuse("version", version, "1 or 2")
    return fnv1a(value + salt) % BUCKETS[1] / BUCKETS[1]


def bucket_ranges(
    arms: int, coverage: float = 1.0, weights: Sequence[float] | None = None
) -> list[tuple[float, float]]:
    """The part of 0..1 of each arm, from its start to just below its end.

    Args:
        coverage: share of clients that take part at all.
        weights: shares of the arms, sum 1; default equal.
    """
    if arms < 1:
        refuse("arms", arms, "at least 1")
    if not 0 <= coverage <= 1:
        refuse("coverage", coverage, "in 0..1")
    shares = [1 / arms] * arms if weights is None else list(weights)
    if len(shares) != arms:
        refuse("weights", weights, f"one for each of {arms} arms")
    check_shares(shares)
    ranges, start = [], 0.0
    for share in shares:
        ranges.append((start, start + coverage * share))
        start += share
    return ranges


def check_shares(shares: Sequence[float]) -> None:
    """Refuses weights that are negative or do not sum to 1."""
    for share in shares:
        not_negative("weights", share)
    if not 0.99 < sum(shares) < 1.01:
        refuse("weights", list(shares), f"shares that sum to 1, not {sum(shares):g}")


def draw_arm(
    uuid: int | str, salt: str, weights: Mapping[str, float] | None = None, coverage: float = 1.0
) -> str | None:
    """The arm of a client; None for a client outside `coverage`.

    >>> draw_arm(404180, "new-category")
    'candidate'

    Args:
        salt: the experiment's own text, never used for another one.
        weights: share of each arm, by name and in a fixed order; default original and candidate, half each.
    """
    shares = {"original": 0.5, "candidate": 0.5} if weights is None else weights
    at = position(str(uuid), salt)
    ranges = bucket_ranges(len(shares), coverage, list(shares.values()))
    for name, (low, high) in zip(shares, ranges, strict=True):
        if low <= at < high:
            return name
    # weights like three thirds may end just below 1
    return list(shares)[-1] if coverage == 1 else None


def in_namespace(uuid: int | str, namespace: str, low: float, high: float) -> bool:
    """Whether a client belongs to the part low..high of a namespace; disjoint parts make experiments exclusive."""
    return low <= position(str(uuid), f"__{namespace}", version=1) < high
