"""`liftstream sample-size | power | effect | significance`: any one of the four from the other three."""

import re
from collections.abc import Callable, Sequence
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
from liftstream.cli.options import Option, json_option, print_json, with_options
from liftstream.contracts.errors import UsageError
from liftstream.experiment.size.sample_size import (
    SampleSize,
    solve_effect,
    solve_power,
    solve_sample_size,
    solve_significance,
)

NOTHING_GIVEN = "give --effect (in $ per client) and --sd (of a client's money); --help tells the other ways"
EFFECT = click.option("--effect", type=float, help="Smallest difference worth finding, $ per client.")
N = click.option("--n", type=int, required=True, help="Clients per arm (of the original, with --ratio).")
RELATIVE_EFFECT = click.option(
    "--relative-effect", type=float, help="Instead of --effect: a share of --mean, or of --rate or --count."
)
DESIGN = (
    click.option("--sd", type=float, help="Standard deviation of a client's money, $."),
    click.option(
        "--rate", "--base-rate", "rate", type=float, help="Conversion rate of the original, instead of --sd."
    ),
    click.option(
        "--count", type=float, help="Mean count of the original (Poisson distributed), instead of --sd."
    ),
    CANDIDATES,
    RATIO,
    TWO_SIDED,
    METHOD,
    CORRELATION,
    MARGIN,
    click.option("--mean", type=float, help="Mean money of the original's clients, $."),
)


def _command(
    name: str, help_text: str, given: Sequence[Option], solve: Callable[..., SampleSize]
) -> click.Command:
    """A command with the options `given` and those of every design, which prints what `solve` answers."""

    @json_option
    def answer(as_json: bool, **options: Any) -> None:
        try:
            if all(
                options.get(one, 0) is None for one in ("effect", "relative_effect", "sd", "rate", "count")
            ):
                raise ValueError(NOTHING_GIVEN)
            result = solve(**options)
        except ValueError as error:
            raise UsageError(f"{name}: {_by_option(str(error))}") from None
        if as_json:
            print_json(_document(result))
        else:
            click.echo(_sentence(result))

    return click.command(name, help=help_text)(with_options(answer, [*given, *DESIGN]))


def _by_option(message: str) -> str:
    """The message with the option for the argument it begins with; what people typed is an option."""
    options = {str(one.name): one.opts[0] for one in click.get_current_context().command.params}
    if message.startswith("give either"):
        return re.sub(r"\w+(?= \()", lambda found: options.get(found[0], found[0]), message)
    argument = message.partition(" ")[0]
    return written_as_share(message.replace(argument, options.get(argument, argument), 1))


def _document(result: SampleSize) -> dict[str, Any]:
    """What was asked and answered, without the arguments that were not used."""
    return {key: value for key, value in result.to_dict().items() if value is not None}


def _sentence(result: SampleSize) -> str:
    """The answer first, then everything it rests on."""
    lead = {
        "n": f"{_arms(result)} ({result.n_total:,} in all)",
        "power": f"power {result.power:.6f}",
        "effect": f"effect {result.effect:.6g}" + (" $ per client" if result.sd is not None else ""),
        "alpha": f"alpha {result.alpha:.6g}",
    }[result.solved_for]
    spread = next(
        f"{name} {value:g}"
        for name in ("sd", "rate", "count")
        if (value := getattr(result, name)) is not None
    )
    achieved = f", achieved power {_achieved(result.achieved_power)}" if result.solved_for == "n" else ""
    more = "".join(
        f", {name} {value:g}"
        for name in ("margin", "correlation", "candidates")
        if (value := getattr(result, name)) is not None
    )
    rest = "" if result.solved_for == "n" else f", {_arms(result)}"
    return (
        f"{lead}\n  effect {result.effect:.6g}, {spread}{more}, {result.alternative} alpha {result.alpha:.6g}, "
        f"power {result.power:.6g}{achieved}{rest}; method {result.method}, exact n {result.exact:.6f}"
    )


def _achieved(power: float) -> str:
    """Four decimals; more where they would say 1 of a power below."""
    return f"{power:.4f}" if power < 0.9999 else f"{power:.15g}" if power < 1 else "1"


def _arms(result: SampleSize) -> str:
    if result.n_per_arm is not None:
        return f"{result.n_per_arm:,} clients per arm"
    return f"{result.n_original:,} clients of the original, {result.n_candidate:,} of the candidate"


sample_size = _command(
    "sample-size",
    "Clients per arm, from effect, sd, alpha and power.",
    [EFFECT, ALPHA, POWER, RELATIVE_EFFECT],
    solve_sample_size,
)
power = _command(
    "power",
    "Power, from effect, sd, alpha and clients per arm.",
    [N, EFFECT, ALPHA, RELATIVE_EFFECT],
    solve_power,
)
effect = _command(
    "effect",
    "Smallest effect found, from sd, alpha, power and clients per arm.",
    [N, ALPHA, POWER],
    solve_effect,
)
significance = _command(
    "significance",
    "Significance level, from effect, sd, power and clients per arm.",
    [N, EFFECT, POWER, RELATIVE_EFFECT],
    solve_significance,
)
