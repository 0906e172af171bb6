"""A plan: everything that is decided before the first client comes, sealed with a hash.

The hash covers every field; it is in every ledger and report, so that the plan cannot be changed afterwards without notice.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

from liftstream.experiment.arguments import refuse
from liftstream.experiment.charts.bounds import bounds_chart
from liftstream.experiment.metrics.kinds import Kind, kind_of
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.sequential_bounds import PARAMETERS
from liftstream.experiment.sequential.sequential_design import GroupSequential, group_sequential, look_times
from liftstream.experiment.size.design import DesignOptions
from liftstream.experiment.size.sample_size import solve_sample_size, whole_clients
from liftstream.experiment.trial.guard import PlannedGuard
from liftstream.experiment.trial.plan_fields import FIELDS as FIELDS
from liftstream.experiment.trial.plan_fields import ORIGINAL as ORIGINAL
from liftstream.experiment.trial.seal import seal_of

N_LEAST = 1e-6
"""Smallest `n_exact`: a huge effect would need none, and power and curves divide by it."""


@dataclass(frozen=True, repr=False)
class Plan(Record):
    """The sealed plan of an experiment: `original` against one or several candidates."""

    effect: float
    """Smallest difference worth finding, in $ per client (of rates: 0.01 is one point); power is computed there."""
    sd: float
    """Standard deviation of a client's number; None where `base_rate` says it."""
    n_per_arm: int
    """Clients of the original; a candidate's are this times its weight over the original's."""
    alpha: float = 0.05
    power: float = 0.8
    alternative: str = "one-sided"
    looks: int | tuple[float, ...] = 1
    """How many analyses, equally spaced; or the shares of the clients at which they come."""
    spending: str = "obf"
    """A name of `sequential_bounds.DESIGNS`."""
    spending_parameter: float | None = None
    """gamma of `hsd`, rho of `kim-demets`, delta of `wang-tsiatis`, the constant of `haybittle-peto`."""
    cumulative_alpha: tuple[float, ...] | None = None
    """Alpha spent by each look, for `user`."""
    futility: str | None = None
    """A spending function for beta; a candidate below its bound is given up."""
    binding: bool = False
    candidates: tuple[str, ...] = ("candidate",)
    weights: tuple[float, ...] | None = None
    """Share of the original and of each candidate, or by name; default equal."""
    margin: float = 0.0
    """The null hypothesis is difference <= margin; below 0 for non-inferiority."""
    cap: float | None = None
    """A client's money above this counts as this (winsorizing, fixed here and not from the data); see `capped`."""
    covariate: str | None = None
    """Name of the number known before the arm is drawn that reduces the variance (CUPED)."""
    correlation: float = 0.0
    """Expected between money and covariate; fewer clients are needed."""
    name: str = ""
    salt: str = ""
    """Salt of the draw of arms."""
    kind: str = "money"
    """What is measured of a client: `money`, `proportion` (0 or 1) or `count`."""
    outcome: str | None = None
    """Name of what is counted, for `proportion` and `count`, as it stands in sentences."""
    base_rate: float | None = None
    """The original's share of clients (`proportion`) or mean count (`count`), instead of `sd`."""
    source: str | None = None
    """`revenue`: a proportion of clients who bring money; None: money itself, or the outcome."""
    guards: tuple[PlannedGuard, ...] = ()
    """Metrics that must not get worse by their margin."""

    def __post_init__(self) -> None:
        for name, checked in FIELDS.items():
            object.__setattr__(self, name, checked(name, getattr(self, name)))
        if isinstance(self.weights, Mapping):
            object.__setattr__(self, "weights", self._in_order(self.weights))
        self._check_spread()
        if self.power <= self.alpha:
            refuse("power", self.power, f"above alpha ({self.alpha:g})")
        if not self.two_sided and self.alpha >= 0.5:
            refuse("alpha", self.alpha, "below 0.5 in a one-sided test")
        if self.effect == 0 and self.margin >= 0:
            refuse("effect", self.effect, "above 0 (or 0 against a margin below 0)")
        if self.margin >= self.effect or (self.margin and self.two_sided):
            refuse("margin", self.margin, "below the effect, and 0 in a two-sided test")
        if self.weights is not None and len(self.weights) != len(self.arms):
            refuse("weights", self.weights, f"{len(self.arms)} shares, the original's first")
        if self.correlation and not self.covariate:
            refuse("covariate", self.covariate, "a name, where its correlation saves clients")
        if self.spending_parameter is not None and self.spending not in PARAMETERS:
            refuse("spending_parameter", self.spending_parameter, f"absent with spending {self.spending!r}")
        self._check_spent(self.cumulative_alpha)
        if self.source is not None and (self.source, self.kind) != ("revenue", "proportion"):
            refuse(
                "source", self.source, "'revenue' for a proportion of clients who bring money, else absent"
            )
        if self.guards and self.alpha >= 0.5:
            refuse("alpha", self.alpha, "below 0.5 with guards, whose tests are one-sided")
        _ = self.design

    def _check_spread(self) -> None:
        """The standard deviation follows from a base rate; given besides, it must be the same or, of counts, larger."""
        if self.base_rate is None:
            if self.sd is None:
                refuse("sd", self.sd, "given, or base_rate for a proportion or a count")
            return
        follows = self.metric.spread(self.base_rate)
        if self.kind == "proportion" and not 0 < self.base_rate + self.effect < 1:
            refuse(
                "effect",
                self.effect,
                f"so that base_rate + effect stays in 0..1 (base_rate {self.base_rate:g})",
            )
        if follows is None:
            refuse("base_rate", self.base_rate, f"absent for {self.kind}, whose spread is sd")
        if self.sd is None:
            object.__setattr__(self, "sd", follows)
        elif self.kind == "proportion" and not math.isclose(self.sd, follows, rel_tol=1e-9):
            refuse("sd", self.sd, f"absent, or the {follows:.6g} of base_rate {self.base_rate:g}")

    def _check_spent(self, spent: tuple[float, ...] | None) -> None:
        if (self.spending == "user") != (spent is not None):
            refuse("cumulative_alpha", spent, "given with spending 'user', and only then")
        if spent is not None and any(after < before for before, after in pairwise(spent)):
            refuse("cumulative_alpha", list(spent), "never falling: what is spent is spent")
        if spent is not None and not math.isclose(spent[-1], self.alpha, rel_tol=1e-9):
            refuse("cumulative_alpha", spent, f"a list that ends at alpha ({self.alpha:g})")

    @property
    def follows(self) -> bool:
        """Whether each arm's spread follows from its mean, as of a rate, and of a count without an `sd` of its own."""
        if self.base_rate is None:
            return False
        return math.isclose(self.sd, self.metric.spread(self.base_rate) or 0.0, rel_tol=1e-9)

    @property
    def metric(self) -> Kind:
        """How what is measured reads."""
        return kind_of(self.kind)

    def _in_order(self, weights: Mapping[str, float]) -> tuple[float, ...]:
        if set(weights) != set(self.arms):
            refuse("weights", sorted(weights), f"one for each arm: {', '.join(self.arms)}")
        return tuple(weights[arm] for arm in self.arms)

    @property
    def two_sided(self) -> bool:
        """Whether harm is a result of its own."""
        return self.alternative == "two-sided"

    @property
    def harm_margin(self) -> float:
        """The difference below which a candidate harms: 0, or the loss that would be accepted."""
        return min(0.0, self.margin)

    @property
    def arms(self) -> tuple[str, ...]:
        """The original first."""
        return (ORIGINAL, *self.candidates)

    @property
    def shares(self) -> dict[str, float]:
        """Planned share of the clients by arm, sum 1."""
        weights = self.weights or (1.0,) * len(self.arms)
        total = math.fsum(weights)
        return {arm: weight / total for arm, weight in zip(self.arms, weights, strict=True)}

    @property
    def clients(self) -> dict[str, int]:
        """Planned clients by arm."""
        shares = self.shares
        return {
            arm: whole_clients(self.n_per_arm * share / shares[ORIGINAL]) for arm, share in shares.items()
        }

    @property
    def n_total(self) -> int:
        """Clients of all arms; when they are reached the experiment ends."""
        return sum(self.clients.values())

    @property
    def times(self) -> tuple[float, ...]:
        """Share of the clients at each planned look."""
        return look_times(self.looks)

    @property
    def look_clients(self) -> tuple[int, ...]:
        """Clients of all arms at each planned look."""
        return tuple(whole_clients(t * self.n_total) for t in self.times)

    def capped(self, amount: float) -> float:
        """What a client counts whose money or outcomes sum to `amount`: capped, or whether there was any."""
        if self.source == "revenue":
            return float(amount > 0)
        return amount if self.cap is None else min(amount, self.cap)

    def alpha_of(self, tested: int) -> float:
        """Alpha of one candidate where `tested` share it (Holm's steps begin with all of them)."""
        return self.alpha / tested

    @cached_property
    def design(self) -> GroupSequential:
        """The design of one candidate at the first step of Holm, all candidates sharing alpha."""
        return self.design_at(self.alpha_of(len(self.candidates)))

    def design_at(self, alpha: float) -> GroupSequential:
        """The design at another alpha, its spending scaled."""
        return self._design(alpha, self.two_sided, self.futility)

    @cached_property
    def guard_design(self) -> GroupSequential:
        """The bounds of the guards: one-sided, at the whole alpha, spent as the decision's."""
        return self._design(self.alpha, False, None)

    def _design(self, alpha: float, two_sided: bool, futility: str | None) -> GroupSequential:
        cumulative = self.cumulative_alpha
        if cumulative is not None:
            cumulative = tuple(share * alpha / self.alpha for share in cumulative)
        return group_sequential(
            self.times,
            design=self.spending,
            parameter=self.spending_parameter,
            cumulative=cumulative,
            alpha=alpha,
            power=self.power,
            two_sided=two_sided,
            futility=futility,
            binding=self.binding and futility is not None,
        )

    @property
    def comparison(self) -> DesignOptions:
        """The comparison of the smallest candidate, as `solve_sample_size` takes it; a spread that follows from the mean is
        said by the mean."""
        shares = self.shares
        options = DesignOptions(
            ratio=min(shares[candidate] for candidate in self.candidates) / shares[ORIGINAL],
            two_sided=self.two_sided,
            correlation=self.correlation,
            margin=self.margin,
        )
        if not self.follows:
            options["sd"] = self.sd
        elif self.kind == "proportion":
            options["rate"] = self.base_rate
        else:
            options["count"] = self.base_rate
        return options

    @property
    def n_needed(self) -> int:
        """Clients of the original that give the planned power: the z formula times the design's inflation."""
        return whole_clients(self.n_exact)

    @property
    def n_exact(self) -> float:
        """`n_needed` before the ceiling."""
        return self.n_exact_by("z")

    def n_exact_by(self, method: str, effect: float | None = None) -> float:
        """The same by `z`, or by `t`, for another effect: the fixed design's clients times the inflation of the
        looks."""
        options = self.comparison
        options["method"] = method
        at = self.effect if effect is None else effect
        fixed = solve_sample_size(effect=at, alpha=self.design.alpha, power=self.power, **options)
        return max(fixed.exact * self.design.inflation, N_LEAST)

    @property
    def achieved_power(self) -> float:
        """Power with `n_per_arm`, for the candidate with the smallest share."""
        return self.design.power_at(math.sqrt(self.n_per_arm / self.n_exact))

    @cached_property
    def hash(self) -> str:
        """The seal: SHA-256 of all fields."""
        return seal_of(_plain(self))

    def plot(self, path: Sequence[tuple[int, float]] = ()) -> Any:
        """An Altair chart of the bounds over clients; `path` has clients of all arms and z of looks that were taken."""
        upper = list(zip(self.look_clients, self.design.z_upper, strict=True))
        futility = list(zip(self.look_clients, self.design.z_lower, strict=True)) if self.futility else []
        return bounds_chart(self.spending, upper, futility, path)

    def to_dict(self) -> dict[str, Any]:
        """All fields, and the seal as `hash`."""
        return {**_plain(self), "hash": self.hash}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The plan of a document.

        Raises:
            ValueError: no fields, unknown or missing ones, or a seal that does not belong to the fields.
        """
        if not isinstance(document, Mapping):
            refuse("plan", document, "a mapping of fields")
        values = dict(document)
        seal = values.pop("hash", None)
        unknown = sorted(set(values) - set(FIELDS))
        if unknown:
            refuse("plan", unknown, f"made of {', '.join(FIELDS)}")
        missing = [f.name for f in fields(cls) if f.default is MISSING and f.name not in values]
        if missing:
            raise ValueError(f"the plan lacks {', '.join(missing)}")
        made = cls(**values)
        if seal is not None and seal != made.hash:
            refuse("hash", seal, f"{made.hash} for these fields; the plan was changed after it was sealed")
        return made


def _plain(sealed: Plan) -> dict[str, Any]:
    values = {f.name: getattr(sealed, f.name) for f in fields(sealed)}
    values["guards"] = tuple(guard.to_dict() for guard in sealed.guards)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
