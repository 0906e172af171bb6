"""What is asked of a difference, and whether an interval says no to it."""

from hypothesis import strategies as st

alternatives = st.sampled_from(["one-sided", "two-sided", "less"])


def excluded(result, null: float = 0.0) -> bool:
    above, below = result.ci_low > null, result.ci_high < null
    return {"one-sided": above, "less": below, "two-sided": above or below}[result.alternative]
