"""The result of the demo: one record for `--json`, the table and the pictures."""

from dataclasses import dataclass
from typing import Any

from liftstream.demo.accounts import Step, lost
from liftstream.demo.looking import SeenReport as PlatformReport
from liftstream.demo.plan import Request
from liftstream.demo.run import FinishedDemo
from liftstream.demo.truth import DemoTruth
from liftstream.experiment import Report


@dataclass(frozen=True)
class Outcome:
    """The result of a run; `rehearsed` is the same run without Kafka."""

    request: Request
    played: FinishedDemo
    truth: DemoTruth
    rehearsed: Report

    @property
    def report(self) -> PlatformReport:
        """The platform's report."""
        return self.played.last.report

    @property
    def steps(self) -> list[Step]:
        """The account of every record."""
        return self.played.steps

    @property
    def lost(self) -> int:
        """Unaccounted records."""
        return lost(self.steps)

    @property
    def per_second(self) -> float:
        """Decisions a second over the whole run."""
        return self.played.last.pipeline.predictions / self.played.seconds

    def to_dict(self) -> dict[str, Any]:
        """Money in $ per client, latency in ms."""
        report, pipeline, plan = self.report, self.played.last.pipeline, self.request.plan
        verdict = (
            "verdict",
            "sentence",
            "effect",
            "ci_low",
            "ci_high",
            "bound",
            "pvalue",
            "alpha",
            "method",
            "unit",
        )
        return {
            **{name: getattr(report, name) for name in verdict},
            "n_original": report.n_original,
            "n_candidate": report.n_candidate,
            "candidate": self.request.candidate,
            "seed": self.request.seed,
            "planned_effect": plan.effect,
            "power": plan.achieved_power,
            "true_effect": self.truth.gain,
            "rehearsed_effect": self.rehearsed.verdict.effect,
            "arms": {
                arm.arm: {"clients": arm.clients, "shown": arm.shown, "mean": arm.mean} for arm in report.arms
            },
            "unanswered": report.unanswered,
            "undecided": self.played.last.shop.undecided,
            "put_aside": pipeline.aside,
            "put_aside_by_reason": dict(pipeline.put_aside),
            "lost": self.lost,
            "account": [{"step": s.what, "given": s.given, "taken": s.taken} for s in self.steps],
            "decisions": pipeline.predictions,
            "decisions_per_s": round(self.per_second, 1),
            "latency_ms": {
                f"p{percent}_at_most": _ms(pipeline.quantile_s(percent / 100)) for percent in (50, 90, 99)
            },
            "seconds": round(self.played.seconds, 1),
        }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None or seconds == float("inf") else 1_000 * seconds
