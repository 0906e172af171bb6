"""`liftstream bandit evaluate`: what another policy would have earned, from a log with propensities."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.bandit.columns import names, numbers, refuse_rows, require
from liftstream.cli.files.client_file import read_columns
from liftstream.cli.options import TABLE, FiniteRange, json_option, print_json
from liftstream.contracts.errors import InputError, UsageError
from liftstream.service.pages.formatting import alike

if TYPE_CHECKING:
    import numpy as np

    from liftstream.bandits.policies.evidence import Floats
    from liftstream.bandits.policies.policy import Integers

FEW_REWARDS = 100
FIXED = ("uniform", "always", "shares")
RESAMPLED = {None: "rows", "quantum": "quanta", "unit": "units"}


@click.command()
@click.argument("log", metavar="LOG.csv", type=TABLE)
@click.option(
    "--policy", required=True, metavar="NAME[:key=value,...]",
    help="uniform, always:arm=NAME, shares:NAME=.3,NAME=.7, or a policy that learns from the log row by row, e.g. thompson.",
)  # fmt: skip
@click.option("--clip", type=FiniteRange(0, min_open=True), default=10.0, help="Largest weight of the clipped estimate.")  # fmt: skip
@click.option("--least-ess", type=FiniteRange(1), default=100.0, help="Give no estimate if the effective sample size is below this.")  # fmt: skip
@click.option("--level", type=FiniteRange(0, 1, min_open=True, max_open=True), default=0.95, help="Level of the interval.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, help="Seed of the bootstrap.")
@json_option
def evaluate(
    log: str, policy: str, clip: float, least_ess: float, level: float, seed: int, as_json: bool
) -> None:
    """Estimate what a policy would have earned per decision, from the log of another one.

    LOG.csv has the columns arm, reward and propensity (the probability with which the arm was chosen). With a column
    quantum, decisions of one quantum are resampled together; otherwise a column unit clusters them. The policy
    reference-thompson needs a column reference: what the reference group brought meanwhile.
    """
    import numpy as np

    read = _read(log)
    try:
        found = _judge(read, policy, np.random.default_rng(seed), clip=clip, least_ess=least_ess, level=level)
    except ValueError as error:
        raise UsageError(f"bandit evaluate: {error}") from None
    if as_json:
        print_json(found)
    else:
        _print(found)


@dataclass(frozen=True)
class _Log:
    """Decisions in the order of their quanta, or of the file."""

    file: str
    arms: list[str]
    chosen: "Integers"
    reward: "Floats"
    propensity: "Floats"
    together: str | None
    """The column that says what was decided together: `quantum`, `unit` or none."""
    groups: "Integers | None"
    reference: "Floats | None"
    """What the reference group brought meanwhile."""

    @property
    def quanta(self) -> "Integers | None":
        return self.groups if self.together == "quantum" else None


def _read(file: str) -> _Log:
    import numpy as np

    columns = read_columns(file)
    require(columns, ("arm", "reward", "propensity"), file)
    arm_names = names(columns, "arm", file)
    arms = sorted(set(arm_names))
    reward, propensity = numbers(columns, "reward", file), numbers(columns, "propensity", file)
    needed = "the probability with which the arm was chosen is needed, above 0 and at most 1"
    refuse_rows((propensity <= 0) | (propensity > 1), propensity, "propensity", needed, file)
    together = next((name for name in ("quantum", "unit") if name in columns), None)
    order, groups = np.arange(reward.size), None
    if together:
        groups = np.unique(names(columns, together, file), return_inverse=True)[1]
    if together == "quantum":
        order = np.argsort(numbers(columns, "quantum", file), kind="stable")
    reference = numbers(columns, "reference", file) if "reference" in columns else None
    if reference is not None:
        refuse_rows(reference < 0, reference, "reference", "at least 0 is needed", file)
    chosen = np.searchsorted(arms, arm_names)[order]
    groups = None if groups is None else groups[order]
    reference = None if reference is None else reference[order]
    return _Log(file, arms, chosen, reward[order], propensity[order], together, groups, reference)


def _judge(
    log: _Log, policy: str, rng: "np.random.Generator", *, clip: float, least_ess: float, level: float
) -> dict[str, Any]:
    import numpy as np

    from liftstream.bandits import off_policy

    shares = np.broadcast_to(_target(policy, log), (log.reward.size, len(log.arms)))
    target = np.take_along_axis(shares, log.chosen[:, None], axis=1)[:, 0]
    try:
        _, weights = off_policy.checked_weights(log.reward, log.propensity, target)
    except ValueError as error:
        raise InputError(f"{log.file}: {error}") from None
    model = np.bincount(log.chosen, log.reward) / np.bincount(log.chosen)
    value = off_policy.off_policy_value(
        log.reward, log.propensity, target, clip=clip, model_of_choice=model[log.chosen], model_under_target=shares @ model
    )  # fmt: skip
    ess_quanta = None
    if log.quanta is not None:
        ess_quanta = off_policy.effective_sample_size(off_policy.cluster_weights(weights, log.quanta))
    off_policy.require_ess(value.ess if ess_quanta is None else min(value.ess, ess_quanta), least_ess)
    low, high = off_policy.bootstrap_interval(log.reward, weights, rng, clusters=log.groups, level=level)
    rewarded, interval = (
        int(np.count_nonzero(log.reward * weights)),
        f"snips, bootstrap of {RESAMPLED[log.together]}",
    )
    if rewarded < FEW_REWARDS:
        lower, upper = off_policy.bounded_interval(log.reward, weights, level)
        low, high, interval = min(low, lower), max(high, upper), f"{interval}, widened for few rewards"
    return {
        "policy": policy,
        **value.to_dict(),
        "ci_low": low,
        "ci_high": high,
        "level": level,
        "interval": interval,
        "ess_quanta": ess_quanta,
        "n": int(log.reward.size),
        "n_rewarded": rewarded,
        "logged": float(log.reward.mean()),
        "largest_weight": float(weights.max()),
    }


def _target(policy: str, log: _Log) -> "Floats":
    """Propensities of shape (arms,) or (rows, arms)."""
    from liftstream import bandits
    from liftstream.bandits.target_policy import fixed_propensities, progressive_propensities

    arms = log.arms
    name, _, rest = policy.partition(":")
    given = dict(part.partition("=")[::2] for part in filter(None, rest.split(",")))
    if name == "uniform":
        return fixed_propensities(dict.fromkeys(arms, 1 / len(arms)), arms)
    if name == "always":
        if set(given) != {"arm"}:
            raise UsageError(f"bandit evaluate: write always:arm=NAME, got {policy!r}")
        return fixed_propensities({given["arm"]: 1.0}, arms)
    if name == "shares":
        return fixed_propensities({arm: _share(arm, text) for arm, text in given.items()}, arms)
    if name == "reference-thompson" and log.reference is None:
        raise UsageError(
            f"bandit evaluate: reference-thompson needs a reference group: {log.file} has no column 'reference', with what it"
            " brought meanwhile"
        )
    try:
        learning = bandits.parse_policy(policy)
    except bandits.PolicyError as error:
        hint = f"; or one of {', '.join(FIXED)}" if error.field == "policy" else ""
        raise UsageError(f"bandit evaluate: {error}{hint}") from None
    try:
        return progressive_propensities(
            learning, log.chosen, log.reward, len(arms), log.quanta, log.reference
        )
    except ValueError as error:
        raise InputError(f"{log.file}: {error}") from None


def _share(arm: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"bandit evaluate: the share of {arm!r} is {text!r}; write shares:NAME=.3,NAME=.7"
        ) from None


def _print(found: dict[str, Any]) -> None:
    value, low, high, logged = alike(
        found["snips"], found["ci_low"], found["ci_high"], found["logged"], digits=4
    )
    shown = f"{value} per decision ({100 * found['level']:g} % interval {low} to {high})"
    side = "includes" if found["ci_low"] <= found["logged"] <= found["ci_high"] else "does not include"
    weights = f"weights up to {found['clip']:g}; the largest is {found['largest_weight']:.4g}"
    quanta = "" if found["ess_quanta"] is None else f", {found['ess_quanta']:,.0f} in quanta"
    lines = [
        f"{found['policy']} would have earned {shown}; the log earned {logged}, which the interval {side}.",
        f"  ips       {found['ips']:.6g}",
        f"  snips     {found['snips']:.6g}",
        f"  clipped   {found['clipped']:.6g}  ({weights})",
        f"  dm, dr    {found['dm']:.6g}, {found['dr']:.6g}",
        f"  ess       {found['ess']:,.0f} of {found['n']:,} decisions{quanta}; interval: {found['interval']}",
    ]
    click.echo("\n".join(lines))
    if found["n_rewarded"] < FEW_REWARDS:
        click.echo(
            f"Only {found['n_rewarded']} rewarded decisions carry this: believe the interval, not the value."
        )
