"""`liftstream bandit simulate`: policies against environments, regret with standard errors, pictures."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.bandit.environments import EnvironmentOptions, make_environment
from liftstream.cli.options import json_option, print_json
from liftstream.cli.tables import plain_table, wide_console
from liftstream.contracts.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from liftstream.bandits.environments.environment import Environment
    from liftstream.bandits.simulation import RegretCurve

SHOWN = 10
"""Points of a curve in `--json`."""
STEPS_AT_MOST, RUNS_AT_MOST = 100_000_000, 1_000_000
"""Hours of work; more is a slip."""


def _means(ctx: click.Context, parameter: click.Parameter, text: str | None) -> tuple[float, ...] | None:  # noqa: ARG001
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r}: write numbers separated by commas, e.g. .3,.5,.7") from None


@click.command()
@click.option(
    "--policy", "policies", multiple=True, metavar="NAME[:key=value,...]",
    help="epsilon-greedy, epsilon-decreasing, ucb1, thompson, dynamic or reference-thompson; repeatable.",
)  # fmt: skip
@click.option(
    "--environment", default="stationary", metavar="NAME|FILE.csv",
    help="stationary, delayed, turnover, drift, news, season, or a file with one column per arm and one row per round, rewards in 0..1.",
)  # fmt: skip
@click.option(
    "--means",
    callback=_means,
    metavar="P,P,...",
    help="Means of the arms; in a season their ratios to the reference.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, STEPS_AT_MOST),
    help="Choices; in drift periods of 200, in a season quanta of 10 s.",
)
@click.option("--runs", type=click.IntRange(1, RUNS_AT_MOST), help="Number of repetitions.")
@click.option(
    "--delay", type=click.IntRange(0), help="For delayed: choices until a reward is known; default 500."
)
@click.option(
    "--start",
    type=click.Choice(["rising", "peak", "trough"]),
    help="For a season: where it begins; default peak.",
)
@click.option("--seed", type=click.IntRange(0), default=1)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for regret.png and traffic.png."
)
@json_option
def simulate(
    policies: tuple[str, ...],
    environment: str,
    means: tuple[float, ...] | None,
    steps: int | None,
    runs: int | None,
    delay: int | None,
    start: str | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run bandit policies in a simulated environment, or on a file with the reward of every arm.

    Regret is how much more the best arm would have brought; on a file, the arm with the largest total reward.
    """
    options = EnvironmentOptions(environment, means, steps, delay, start)
    simulated = make_environment(options)
    texts = tuple(dict.fromkeys(policies)) or options.policies
    found = _play(texts, simulated, runs or options.runs, seed)
    if out is not None:
        from liftstream.cli.bandit.pictures import write_pictures

        write_pictures(out, texts, found, simulated)
    if as_json:
        print_json(_document(found, simulated, seed))
    else:
        _print(texts, found, simulated, seed)


def _play(texts: Sequence[str], environment: "Environment", runs: int, seed: int) -> "list[RegretCurve]":
    from rich.console import Console
    from rich.progress import Progress

    from liftstream import bandits

    try:
        made = [bandits.parse_policy(text) for text in texts]
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            return [
                bandits.simulate(
                    policy, environment, runs=runs, seed=seed, progress=_report(bar, text, environment.steps)
                )
                for text, policy in zip(texts, made, strict=True)
            ]
    except ValueError as error:
        raise UsageError(f"bandit simulate: {error}") from None


def _report(bar: "Progress", text: str, steps: int) -> Callable[[int], None]:
    """A line of the bar, and what moves it."""
    if bar.disable:
        bar.console.print(f"{text}: {steps:,} steps ...", markup=False, soft_wrap=True)
    task = bar.add_task(text, total=steps)
    return lambda done: bar.update(task, completed=done)


def _document(found: "list[RegretCurve]", environment: "Environment", seed: int) -> dict[str, Any]:
    line = _lai_robbins(found[0].steps, environment)
    return {
        "environment": environment.name,
        "runs": found[0].runs,
        "seed": seed,
        "arms": list(environment.arms),
        "lai_robbins": None if line is None else [line[i] for i in _places(found[0].steps)],
        "policies": [_of_policy(one) for one in found],
    }


def _of_policy(one: "RegretCurve") -> dict[str, Any]:
    places = _places(one.steps)
    return {
        "policy": one.policy,
        "parameters": one.parameters,
        "steps": [one.steps[i] for i in places],
        "regret": [one.regret[i] for i in places],
        "se": [one.se[i] for i in places],
        "share_of_best": [one.share_of_best[i] for i in places],
        "worst_regret": one.worst_regret,
        "total_reward": one.total_reward,
        "traffic": [one.traffic[i] for i in places],
    }


def _places(steps: Sequence[int]) -> list[int]:
    """About ten points, evenly, the last included."""
    every = max(1, len(steps) // SHOWN)
    return list(range(len(steps) - 1, -1, -every))[::-1][-SHOWN:]


def _lai_robbins(steps: Sequence[int], environment: "Environment") -> list[float] | None:
    import numpy as np

    line = environment.bounds(np.asarray(steps, float))
    return None if line is None else [float(value) for value in line]


def _print(texts: Sequence[str], found: "list[RegretCurve]", environment: "Environment", seed: int) -> None:
    console = wide_console(soft_wrap=True)
    console.print(
        f"{environment.name}: arms {', '.join(environment.arms)}; {environment.steps:,} steps, {found[0].runs} runs, seed {seed}"
    )
    tenth, half, end = (_at(found[0].steps, share * environment.steps) for share in (0.1, 0.5, 1))
    heads = [f"regret at {found[0].steps[tenth]:,}", *(f"at {found[0].steps[i]:,}" for i in (half, end))]
    table = plain_table("policy", *heads, "± se", "worst run", "best arm", "reward")
    for text, one in zip(texts, found, strict=True):
        regrets = [f"{one.regret[i]:,.1f}" for i in (tenth, half, end)]
        table.add_row(
            text, *regrets, f"{one.se[end]:,.1f}", f"{one.worst_regret:,.1f}", f"{100 * one.share_of_best[end]:.1f} %", f"{one.total_reward:,.1f}"
        )  # fmt: skip
    console.print(table)
    line = _lai_robbins(found[0].steps, environment)
    if line is not None:
        steps = found[0].steps[end]
        constant = line[end] / math.log(max(2, steps))
        console.print(
            f"Lai-Robbins line: {constant:.2f} ln n, {line[end]:,.1f} at {steps:,}; in the long run no policy grows more slowly, though "
            "it may stay below"
        )


def _at(steps: Sequence[int], step: float) -> int:
    return next((i for i, done in enumerate(steps) if done >= step), len(steps) - 1)
