"""Checks that clients are split as planned. Otherwise something lost clients of one arm, and no difference can be
trusted.

The check compares with the planned weights, not with halves. Alarm below p = .001, since it is repeated often; between
.001 and .01 a warning. If an arm is expected to have few clients, the exact binomial replaces chi-square, which is not
valid then.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from liftstream.experiment.amounts import told_p
from liftstream.experiment.arguments import not_negative, one_of, positive, refuse, whole
from liftstream.experiment.checks.check import Check
from liftstream.experiment.numerics.chi_square import upper_tail_chi_square

ALARM, WARNING = 0.001, 0.01
METHODS = ("auto", "chi-square", "exact")
FEW_EXPECTED = 5
"""Clients expected in an arm below which chi-square is no approximation."""


def check_sample_ratio(
    observed: Mapping[str, int], weights: Mapping[str, float], *, method: str = "auto"
) -> Check:
    """Whether the split of the clients now is the planned one.

    Args:
        observed: clients by arm.
        weights: planned share by arm; any positive scale. Arms of weight zero do not count.
        method: `chi-square` (Pearson 1900); `exact` (binomial) for two arms; `auto`: chi-square, but exact where fewer
            than 5 clients are expected in an arm (of several arms each against the rest, the smallest p times their
            number).
    """
    one_of("method", method, METHODS)
    counts, shares = _by_arm(observed, weights)
    if method == "exact":
        return _told(observed, weights, {"pvalue": exact_p(counts, shares)})
    chi2, df, p = chi_square(counts, shares)
    numbers = {"chi2": chi2, "df": float(df), "pvalue": p}
    if method == "auto" and 0 < min(_expected(counts, shares)[1], default=0.0) < FEW_EXPECTED:
        numbers["pvalue"] = _exact_of_several(counts, shares)
    return _told(observed, weights, numbers)


def _exact_of_several(counts: Sequence[int], weights: Sequence[float]) -> float:
    """The exact p of two arms; of more the smallest of each against the rest, times their number (Bonferroni)."""
    used = [(count, weight) for count, weight in zip(counts, weights, strict=True) if weight > 0]
    clients, total = sum(counts), math.fsum(weights)
    if len(used) == 2:
        return exact_p(counts, weights)
    each = [exact_p([count, clients - count], [weight, total - weight]) for count, weight in used]
    return min(1.0, len(each) * min(each))


def watch_sample_ratio(
    rows: Sequence[Mapping[str, int]], weights: Mapping[str, float], *, concentration: float = 10_000.0
) -> Check:
    """Whether the split is the planned one, checked after every row of new clients; the alarm holds at all times
    together.

    Args:
        rows: new clients by arm since the row before.
        weights: planned share by arm.
        concentration: see `sequential_p`.
    """
    arms = list(weights)
    by_arm = [_by_arm(row, weights)[0] for row in rows]
    found = sequential_p(by_arm, [weights[arm] for arm in arms], concentration)
    seen = {arm: sum(row[arm] for row in rows) for arm in arms}
    return _told(seen, weights, {"pvalue": found[-1] if found else 1.0, "rows": float(len(rows))})


def _by_arm(observed: Mapping[str, int], weights: Mapping[str, float]) -> tuple[list[int], list[float]]:
    """Counts and weights in the order of the weights."""
    if set(observed) != set(weights):
        refuse("observed", sorted(observed), f"the arms of the plan: {', '.join(sorted(weights))}")
    return [observed[arm] for arm in weights], list(weights.values())


def _told(observed: Mapping[str, int], weights: Mapping[str, float], numbers: dict[str, float]) -> Check:
    p = numbers["pvalue"]
    said_p = told_p(p)
    missing = [name for name, count in observed.items() if count == 0 and weights[name] > 0]
    total = sum(weights.values())
    clients = sum(observed.values())
    never = [name for name in missing if (1 - weights[name] / total) ** clients < WARNING]
    if p >= ALARM and not never:
        if p >= WARNING:
            return Check("sample ratio", "ok", f"split as planned ({said_p})", numbers)
        said = f"the split is further from the plan than chance usually leads ({said_p}): look again with more clients"
        return Check("sample ratio", "warning", said, numbers)
    seen = ", ".join(f"{name} {count:,}" for name, count in observed.items())
    planned = ", ".join(f"{100 * weights[name] / total:.4g} %" for name in observed)
    nobody = f"; no client of {', '.join(never)} came" if never else ""
    said = f"clients are not split as planned ({seen}; planned {planned}; {said_p}{nobody}): do not trust any difference"
    return Check("sample ratio", "alarm", said, numbers)


def chi_square(observed: Sequence[int], weights: Sequence[float]) -> tuple[float, int, float]:
    """Statistic, degrees of freedom and p-value.

    Raises:
        ValueError: negative counts, or weights that sum to 0; clients in an arm of weight zero.
    """
    counts, expected = _expected(observed, weights)
    if len(counts) < 2 or sum(counts) == 0:
        return 0.0, max(0, len(counts) - 1), 1.0
    chi2 = sum((count - e) ** 2 / e for count, e in zip(counts, expected, strict=True))
    return chi2, len(counts) - 1, upper_tail_chi_square(chi2, len(counts) - 1)


def _expected(observed: Sequence[int], weights: Sequence[float]) -> tuple[list[int], list[float]]:
    if len(observed) != len(weights):
        refuse("weights", list(weights), f"one for each of {len(observed)} arms")
    observed = [whole("observed", count, 0) for count in observed]
    weights = [not_negative("weights", weight) for weight in weights]
    total = math.fsum(weights)
    if total <= 0:
        refuse("weights", list(weights), "a list with a sum above 0")
    if any(count > 0 and weight == 0 for count, weight in zip(observed, weights, strict=True)):
        refuse("observed", list(observed), "0 for an arm of weight 0")
    used = [(count, weight) for count, weight in zip(observed, weights, strict=True) if weight > 0]
    clients = sum(count for count, _ in used)
    return [count for count, _ in used], [clients * weight / total for _, weight in used]


def exact_p(observed: Sequence[int], weights: Sequence[float]) -> float:
    """Exact binomial p-value of a split in two: all splits that are not likelier than this one (as R's binom.test)."""
    from liftstream.experiment.numerics.binomial import cdf, log_pmf, upper_tail

    counts, expected = _expected(observed, weights)
    if len(counts) != 2 or sum(counts) == 0:
        refuse("observed", list(observed), "the clients of two arms with weight, at least one")
    first, n = counts[0], sum(counts)
    p = expected[0] / n
    most = log_pmf(first, n, p) + 1e-7
    mode = min(n, math.floor((n + 1) * p))
    if log_pmf(mode, n, p) <= most:
        return 1.0
    # on either side of the mode the likelihood falls, so the rare splits are two tails
    below = bisect_left(range(mode + 1), True, key=lambda k: log_pmf(k, n, p) > most)
    above = mode + bisect_left(range(mode, n + 1), True, key=lambda k: log_pmf(k, n, p) <= most)
    return min(1.0, cdf(below - 1, n, p) + upper_tail(above, n, p))


def sequential_p(
    rows: Sequence[Sequence[int]], weights: Sequence[float], concentration: float = 10_000.0
) -> list[float]:
    """p-values that may be looked at after every row of new clients (Lindon & Malek 2022, Dirichlet-multinomial).

    Args:
        rows: new clients by arm since the row before.
        concentration: of the Dirichlet prior around the planned weights; large: sensitive to small shifts late.

    Returns:
        the running minimum after each row.
    """
    positive("concentration", concentration)
    _expected([0] * len(weights), weights)  # refuses weights that make no sense
    shares = [weight / math.fsum(weights) for weight in weights]
    counts, least, found = [0] * len(shares), 1.0, []
    for row in rows:
        _expected(row, weights)
        counts = [count + new for count, new in zip(counts, row, strict=True)]
        least = min(least, math.exp(min(0.0, -_log_bayes_factor(counts, shares, concentration))))
        found.append(least)
    return found


def _log_bayes_factor(counts: Sequence[int], shares: Sequence[float], concentration: float) -> float:
    """Log Bayes factor of a free split over the planned one; the multinomial coefficients cancel."""
    total = math.lgamma(concentration) - math.lgamma(concentration + sum(counts))
    for count, share in zip(counts, shares, strict=True):
        if share > 0:
            prior = concentration * share
            total += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
    return total
