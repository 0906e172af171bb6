"""What the commands about experiments share: options, and plans from options or files."""

import json
from pathlib import Path
from typing import Any

import click

from liftstream.cli.experiment.design_options import (
    ALPHA,
    CANDIDATES,
    CORRELATION,
    MARGIN,
    METHOD,
    POWER,
    RATIO,
    TWO_SIDED,
)
from liftstream.cli.experiment.wording import written_as_share
from liftstream.cli.options import Command, with_options
from liftstream.contracts.errors import InputError, UsageError
from liftstream.experiment.metrics.kinds import PLANNED
from liftstream.experiment.sequential.sequential_bounds import DESIGNS
from liftstream.experiment.trial.plans import FIELDS, Plan

MISSION = {"effect": 0.7, "sd": 15.0}
"""Defaults of a command that may be tried without numbers of one's own."""


def plan_options(command: Command, defaults: dict[str, float] | None = None) -> Command:
    """Adds every option of a plan; effect and sd are required unless `defaults` has them."""
    given = defaults or {}

    def shown(name: str) -> dict[str, Any]:
        return {"default": given[name]} if name in given else {"required": True}

    options = [
        click.option(
            "--effect",
            type=float,
            help="Smallest difference worth finding: $, or a difference of rates (0.01 is one point).",
            **shown("effect"),
        ),
        click.option(
            "--sd",
            type=float,
            help="Standard deviation of a client's money, $; of rates and counts it follows from --base-rate.",
            **({} if "sd" not in given else shown("sd")),
        ),
        click.option(
            "--kind", type=click.Choice(PLANNED), default="money", help="What is measured for each client."
        ),
        click.option(
            "--base-rate", type=float, help="The original's share of clients or mean count, instead of --sd."
        ),
        CANDIDATES,
        click.option("--outcome", help="Name of what is counted, as used in sentences."),
        ALPHA,
        POWER,
        click.option(
            "--n", type=int, help="Clients per arm (of the original, with --ratio); default: as needed."
        ),
        RATIO,
        TWO_SIDED,
        METHOD,
        CORRELATION,
        click.option("--looks", type=int, default=1, help="Analyses, equally spaced."),
        click.option("--spending", type=click.Choice(DESIGNS), default="obf"),
        click.option("--parameter", type=float, help="gamma, rho, delta or the constant of --spending."),
        click.option(
            "--cumulative-alpha", help="For --spending user: alpha spent by each look: 0.01,0.02,0.05."
        ),
        click.option(
            "--futility", type=click.Choice(DESIGNS[:4]), help="Stop early if a candidate is hopeless."
        ),
        click.option(
            "--binding",
            is_flag=True,
            help="The experiment always stops at the futility bound: needs fewer clients.",
        ),
        MARGIN,
        click.option(
            "--covariate",
            help="Name of the covariate known before the assignment (CUPED); default 'covariate'.",
        ),
        click.option("--cap", type=float, help="Larger amounts of a client count as this."),
        click.option(
            "--guard",
            "guards",
            multiple=True,
            metavar="NAME:KIND,margin=...",
            help="A metric that must not get worse, sealed with the plan; as --metric of analyze.",
        ),
    ]
    return with_options(command, options)


def given_options() -> dict[str, str]:
    """What was typed, argument by argument: the option as people write it."""
    context = click.get_current_context()
    return {
        str(one.name): one.opts[0]
        for one in context.command.params
        if context.get_parameter_source(str(one.name)) is click.core.ParameterSource.COMMANDLINE
    }


def plan_from_options(**options: Any) -> Plan:
    """The sealed plan that the options describe.

    Raises:
        UsageError: the numbers make no sense, or do not fit together.
    """
    from liftstream.experiment.trial.plan_check import check_plan

    values = _fields(options)
    problems = check_plan(values)
    if problems:
        raise UsageError("plan: " + "; ".join(written_as_share(problem.problem) for problem in problems))
    return Plan(**values)


def _fields(options: dict[str, Any]) -> dict[str, Any]:
    """The fields of the plan, its clients included."""
    from liftstream.experiment.trial.make_plan import plan

    values = dict(options)
    cumulative = values.pop("cumulative_alpha")
    several = values.pop("candidates", 1)
    if several < 1:
        raise UsageError(f"plan: candidates must be a whole number of at least 1, got {several}")
    if several > 1:
        values["candidates"] = tuple(f"candidate-{i}" for i in range(1, several + 1))
    try:
        drawn = plan(**values, cumulative_alpha=_numbers(cumulative) if cumulative else None)
    except ValueError as error:
        raise UsageError(f"plan: {written_as_share(str(error))}") from None
    return {name: value for name, value in drawn.to_dict().items() if name != "hash"}


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--cumulative-alpha: numbers separated by commas, got {text!r}") from None


def read_plan(path: Path) -> Plan:
    """The sealed plan of a file: what `liftstream plan --json` prints, or a platform's report or its `plan`.

    Raises:
        InputError: not a plan, or changed after it was sealed.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a plan in JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("plan"), dict):
        document = document["plan"]
    if isinstance(document, dict) and "hash" in document:
        # a report tells besides what follows from the plan; the hash seals the fields
        document = {name: value for name, value in document.items() if name in (*FIELDS, "hash")}
    try:
        return Plan.from_dict(document)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: not a plan: {error}; 'liftstream plan --json' writes one") from None
