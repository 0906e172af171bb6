"""One bandit: what its page shows and `GET /api/bandits/{id}` answers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from liftstream.experiment.numerics.finite import finite_or_none
from liftstream.platform.bandits.running.checks import checks_of
from liftstream.platform.bandits.running.live import IMPRESSION, ArmRow, LiveBandit
from liftstream.platform.bandits.running.ratio import Ratio, ratio_of
from liftstream.platform.bandits.tables import BanditArm, BanditQuantum
from liftstream.platform.documents.answers import ReasonCount, RefusedRecord, reasons_of, refused_records
from liftstream.platform.documents.document import Document
from liftstream.platform.documents.event_log import LogLine, log_of
from liftstream.platform.documents.experiment_parts.verdict import CheckDocument
from liftstream.service.clock import as_text
from liftstream.service.pages.formatting import change_of

FEEDBACK = ("impression", "outcome")
RECENT = 360
"""Quanta of the pictures: an hour of ten seconds."""


class RatioDocument(Document):
    """Outcomes per unit, target group over reference group, with its 90 % interval."""

    outcome: str
    target: float
    reference: float
    ratio: float | None
    ci_low: float | None
    ci_high: float | None


class BanditArmDocument(Document):
    """An arm."""

    name: str
    state: str
    """`active`, `retired`, `killed`."""
    configuration: dict[str, Any]
    origin: str
    parents: list[str]
    since: int
    """The quantum in which it joined."""
    quanta: int
    """The number of quanta in which it was served."""
    impressions: float
    """Impressions in the target group."""
    outcomes: dict[str, float]
    """Outcomes of the target group, by name."""
    target: float
    """Sum of the objective in the target group while this arm was served."""
    reference: float
    """The same in the reference group."""
    mean: float | None
    """Expected reward of an impression; with a reference group the expected ratio to it."""
    ci_low: float | None
    ci_high: float | None
    """The ends of the 90 % posterior interval."""
    probability_best: float


class QuantumDocument(Document):
    """What the target group is served."""

    number: int
    arm: str
    propensity: float
    reason: str
    """`policy`, `burn-in` or `first turn`."""
    from_ms: int
    until_ms: int
    target_impressions: float
    reference_impressions: float
    target_objective: float
    reference_objective: float


class BanditSummary(Document):
    """What the list says of a bandit."""

    id: str
    name: str
    state: str
    policy: str
    parameters: dict[str, Any]
    objective: str
    guards: list[str]
    quantum_s: float
    attribution_s: float
    least_share: float
    burn_in_quanta: int
    reference: dict[str, Any] | None
    generator: dict[str, Any] | None
    created: str
    started: str | None
    ended: str | None
    sentence: str
    alarm: bool
    serving: str | None
    """Name of the arm that is served now."""
    arms: list[BanditArmDocument]
    objective_ratio: RatioDocument | None
    guard_ratios: list[RatioDocument]
    checks: list[CheckDocument]


class BanditDocument(BanditSummary):
    """Everything about one bandit."""

    quantum: QuantumDocument | None
    recent: list[QuantumDocument]
    """The newest quanta, the oldest first."""
    records: list[ReasonCount]
    """Feedback by kind and reason."""
    refused: list[RefusedRecord]
    """The newest that were kept for inspection."""
    log: list[LogLine]
    at: str


def summarise(connection: Connection, live: LiveBandit) -> BanditSummary:
    """The summary of a bandit."""
    return BanditSummary(**_summary(live, _by_reason(reasons_of(connection, live.id, FEEDBACK))))


def view_bandit(connection: Connection, live: LiveBandit, now_ms: int) -> BanditDocument:
    """The document of a bandit."""
    records = reasons_of(connection, live.id, FEEDBACK)
    recent = recent_quanta(connection, live)
    return BanditDocument(
        **_summary(live, _by_reason(records)),
        quantum=recent[-1] if recent else None,
        recent=recent,
        records=records,
        refused=[one for one in refused_records(connection, live.id) if one.kind in FEEDBACK],
        log=log_of(connection, live.id),
        at=as_text(now_ms) or "",
    )


def _by_reason(records: list[ReasonCount]) -> dict[str, int]:
    return {f"{one.kind} {one.reason}": one.count for one in records}


def recent_quanta(connection: Connection, live: LiveBandit) -> list[QuantumDocument]:
    """The newest quanta, the oldest first."""
    rows = connection.execute(
        select(BanditQuantum, BanditArm.name)
        .join(BanditArm, (BanditArm.bandit == BanditQuantum.bandit) & (BanditArm.number == BanditQuantum.arm))
        .where(BanditQuantum.bandit == live.id)
        .order_by(BanditQuantum.number.desc())
        .limit(RECENT)
    ).all()
    return [
        QuantumDocument(
            arm=row.name,
            **{name: getattr(row, name) for name in QuantumDocument.model_fields if name != "arm"},
        )
        for row in reversed(rows)
    ]


def _summary(live: LiveBandit, records: Mapping[str, int]) -> dict[str, Any]:
    definition = live.definition
    ratios = [ratio_of(live, name) for name in definition.outcomes] if definition.reference_share else []
    checks = checks_of(live, ratios, records)
    serving = live.arms[live.quantum.arm].name if live.quantum and live.state == "running" else None
    reference = {"share": definition.reference_share, "configuration": definition.reference_configuration}
    return {
        "id": live.id,
        "name": definition.name,
        "state": live.state,
        "policy": definition.policy,
        "parameters": dict(definition.parameters),
        "objective": definition.objective,
        "guards": list(definition.guards),
        "quantum_s": definition.quantum_ms / 1_000,
        "attribution_s": definition.attribution_ms / 1_000,
        "least_share": definition.least_share,
        "burn_in_quanta": definition.burn_in_quanta,
        "reference": reference if definition.reference_share else None,
        "generator": dict(definition.generator) if definition.generator else None,
        "created": as_text(live.created_ms) or "",
        "started": as_text(live.started_ms),
        "ended": as_text(live.ended_ms),
        "sentence": sentence_of(live, ratios, serving),
        "alarm": any(check.status == "alarm" for check in checks),
        "serving": serving,
        "arms": _arms(live),
        "objective_ratio": _ratio(ratios[0]) if ratios else None,
        "guard_ratios": [_ratio(ratio) for ratio in ratios[1:]],
        "checks": [CheckDocument(**check.to_dict()) for check in checks],
    }


def sentence_of(live: LiveBandit, ratios: list[Ratio], serving: str | None) -> str:
    """The sentence at the top of the page."""
    if live.state == "draft":
        return "A draft: start it, and the first quantum begins."
    doing = (
        f"Serving {serving}"
        if serving
        else {"paused": "Paused", "stopped": "Stopped"}.get(live.state, "Waiting")
    )
    if not ratios:
        return f"{doing}. Without a reference group nothing says whether the block earns more than before."
    found = ratios[0]
    if found.ci_low is None or found.ci_high is None or found.ratio is None:
        return f"{doing}. Too few outcomes to compare the groups."
    change = change_of(found.ratio, found.ci_low, found.ci_high)
    return f"{doing}. Target units bring {change} {found.outcome} compared with reference units."


def _arms(live: LiveBandit) -> list[BanditArmDocument]:
    estimates = {one.arm: one for one in live.learned.estimates()}
    ranked = sorted(live.arms.values(), key=lambda arm: (arm.state != "active", arm.number))
    return [_arm(live, arm, estimates[arm.name]) for arm in ranked]


def _arm(live: LiveBandit, arm: ArmRow, estimate: Any) -> BanditArmDocument:
    objective = live.definition.objective
    return BanditArmDocument(
        name=arm.name,
        state=arm.state,
        configuration=dict(arm.configuration),
        origin=arm.origin,
        parents=list(arm.parents),
        since=arm.since,
        quanta=arm.quanta,
        impressions=live.total(arm.number, "target", IMPRESSION),
        outcomes={name: live.total(arm.number, "target", name) for name in live.definition.outcomes},
        target=live.total(arm.number, "target", objective),
        reference=live.total(arm.number, "reference", objective),
        mean=finite_or_none(estimate.mean),
        ci_low=finite_or_none(estimate.ci_low),
        ci_high=finite_or_none(estimate.ci_high),
        probability_best=estimate.probability,
    )


def _ratio(ratio: Ratio) -> RatioDocument:
    return RatioDocument(**ratio._asdict())
