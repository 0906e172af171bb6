"""`--environment`: which environment, from a name or a file, and the policies that make sense in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liftstream.cli.bandit.columns import numbers
from liftstream.cli.files.client_file import read_columns
from liftstream.contracts.errors import InputError, UsageError

if TYPE_CHECKING:
    from liftstream.bandits.environments.environment import Environment

RUNS = {"stationary": 400, "delayed": 400, "turnover": 400, "drift": 40, "news": 40, "season": 32}
REPLAY_RUNS = 20
LIFETIME = 50
"""For how many periods an arm of `news` lives."""
POLICIES = {
    "drift": ("thompson", "thompson:discount=.95", "dynamic:serving=mean", "dynamic"),
    "news": ("thompson", "thompson:discount=.95", "ucb1", "dynamic"),
    "season": ("thompson", "reference-thompson"),
}
USUAL_POLICIES = ("epsilon-greedy", "epsilon-decreasing", "ucb1", "thompson")


@dataclass(frozen=True)
class EnvironmentOptions:
    """What the command line says of the environment; None where it says nothing."""

    environment: str
    means: tuple[float, ...] | None
    steps: int | None
    delay: int | None
    start: str | None

    @property
    def runs(self) -> int:
        """Default number of runs: enough for a small standard error in some seconds."""
        return RUNS.get(self.environment, REPLAY_RUNS)

    @property
    def policies(self) -> tuple[str, ...]:
        """The default policies."""
        return POLICIES.get(self.environment, USUAL_POLICIES)


def make_environment(options: EnvironmentOptions) -> "Environment":
    """The environment.

    Raises:
        UsageError: an option that this environment does not have, or a value that it does not take.
        InputError: the file cannot be played.
    """
    _refuse_foreign(options)
    try:
        return _named(options) if options.environment in RUNS else _replay(options)
    except ValueError as error:
        raise UsageError(f"bandit simulate: {error}") from None


def _named(options: EnvironmentOptions) -> "Environment":
    from liftstream import bandits

    given: dict[str, Any] = {
        key: value
        for key, value in (("means", options.means), ("steps", options.steps), ("start", options.start))
        if value is not None
    }
    match options.environment:
        case "delayed":
            delay = 500 if options.delay is None else options.delay
            return bandits.Stationary(**given, delay=delay, name="delayed")
        case "turnover":
            return bandits.Turnover(**given)
        case "drift":
            return bandits.Drift(**given)
        case "news":
            return bandits.Drift(**given, lifetime=LIFETIME, name="news")
        case "season":
            if "means" in given:
                given["ratios"] = given.pop("means")
            return bandits.Season(**given)
        case _:
            return bandits.Stationary(**given)


def _replay(options: EnvironmentOptions) -> "Environment":
    from liftstream import bandits

    file = options.environment
    if not Path(file).is_file():
        raise UsageError(
            f"bandit simulate: no environment {file!r}, and no file of this name; there are {', '.join(RUNS)},"
            " or a CSV file with a column for each arm and a row for each round"
        )
    columns = read_columns(file)
    found = [(name, numbers(columns, name, file)[: options.steps]) for name in columns]
    for name, values in found:
        if not len(values):
            raise InputError(f"{file}: no rows below the header")
        wrong = [float(value) for value in (values.min(), values.max()) if not 0 <= value <= 1]
        if wrong:
            raise InputError(f"{file}: column {name!r} holds {wrong[0]:g}; rewards are in 0..1")
    if len(found) < 2:
        raise InputError(f"{file}: {len(found)} column; a column for each arm is needed, at least two")
    return bandits.Replay.of(Path(file).name, found)


def _refuse_foreign(options: EnvironmentOptions) -> None:
    """Options of other environments are a mistake, not noise."""
    replay = options.environment not in RUNS
    for option, value, environments in (
        ("--delay", options.delay, ("delayed",)),
        ("--start", options.start, ("season",)),
        ("--means", options.means, () if replay else tuple(RUNS)),
    ):
        if value is not None and options.environment not in environments:
            whose = (
                f"of the environment {environments[0]}"
                if environments
                else "of the simulated environments; a file has its own rewards"
            )
            raise UsageError(f"bandit simulate: {option} is {whose}")
