"""A sealed plan, with what follows from it."""

from liftstream.experiment import Plan
from liftstream.platform.documents.document import Document


class PlannedGuardDocument(Document):
    """A guard of a plan: the fields of `liftstream.experiment.trial.guard.PlannedGuard`."""

    name: str
    kind: str
    margin: float
    relative_margin: bool
    direction: str
    cap: float | None
    source: str | None
    outcome: str | None


class PlanDocument(Document):
    """The fields of `liftstream.experiment.Plan`, the seal, and what follows from them."""

    kind: str
    """The kind of the metric: `money`, `proportion`, `count`."""
    outcome: str | None
    """Name of the outcome that is counted; None for money."""
    base_rate: float | None
    effect: float
    sd: float
    n_per_arm: int
    alpha: float
    power: float
    alternative: str
    looks: int | list[float]
    spending: str
    spending_parameter: float | None
    cumulative_alpha: list[float] | None
    futility: str | None
    binding: bool
    candidates: list[str]
    weights: list[float] | None
    margin: float
    cap: float | None
    covariate: str | None
    correlation: float
    name: str
    salt: str
    source: str | None
    """`revenue`: a proportion of clients who bring money."""
    guards: list[PlannedGuardDocument]
    hash: str
    """SHA-256 of all the fields above: the seal."""
    n_total: int
    clients: dict[str, int]
    """Planned clients by arm."""
    shares: dict[str, float]
    """Planned share of the clients by arm."""
    look_clients: list[int]
    """Clients of all arms at each planned look."""
    achieved_power: float


def plan_document(plan: Plan) -> PlanDocument:
    """The document of a plan."""
    return PlanDocument(
        **plan.to_dict(),
        n_total=plan.n_total,
        clients=plan.clients,
        shares=plan.shares,
        look_clients=list(plan.look_clients),
        achieved_power=plan.achieved_power,
    )
