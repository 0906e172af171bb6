"""Reports of a platform, for tests that need one without a platform."""

from typing import Any

from liftstream.demo.looking import SeenAnswers, SeenArm, SeenBucket, SeenLatency, SeenReport


def arm_of(name: str, sessions: int, **changed: Any) -> SeenArm:
    """An arm in which all but one session were answered."""
    latency = SeenLatency(150.0, 290.0, [SeenBucket(100.0, 1), SeenBucket(200.0, max(0, sessions - 2))])
    fields: dict[str, Any] = {
        "arm": name,
        "clients": sessions,
        "sessions": sessions,
        "answered": sessions - 1,
        "unanswered": 1,
        "shown": sessions // 2,
        "shown_share": 0.5,
        "n": sessions,
        "revenue": 20.0 * sessions,
        "mean": 20.0,
        "half_width": 1.5,
        "latency": latency,
    }
    return SeenArm(**{**fields, **changed})


def report_of(n_total: int = 10, read: int = 10, sessions: int = 10, **changed: Any) -> SeenReport:
    """A finished experiment in which both arms were of one size."""
    fields: dict[str, Any] = {
        "state": "finished",
        "verdict": "improves",
        "sentence": "The candidate improves: it earns 0.70 $ per client more than the original (90 % interval +0.24 to +1.16;"
        " one-sided p 0.0058). The interval includes the planned effect of 0.70 $.",
        "effect": 0.7,
        "ci_low": 0.24,
        "ci_high": 1.16,
        "bound": 0.24,
        "pvalue": 0.0058,
        "alpha": 0.05,
        "method": "Welch t",
        "unit": "$ per client",
        "n_original": n_total // 2,
        "n_candidate": n_total // 2,
        "n_total": n_total,
        "arms": [arm_of("original", sessions // 2), arm_of("candidate", sessions - sessions // 2)],
        "answers": SeenAnswers(read, 0),
    }
    return SeenReport(**{**fields, **changed})
