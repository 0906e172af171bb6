"""`liftstream prove`: throws faults at real workers on a real broker and prints the ledger."""

import sys

import click

from liftstream.cli.options import json_option, print_json
from liftstream.contracts.errors import UsageError, require


@click.command()
@click.option(
    "--seed", default=1, help="Determines clients, gaps and times of faults, so that a run can be repeated."
)
@click.option("--scenario", "names", multiple=True, metavar="NAME", help="Only this scenario; repeatable.")
@click.option("--quick", is_flag=True, help="Only the scenarios that run in CI.")
@click.option(
    "--pairs",
    default=5_000,
    type=click.IntRange(1, 1_000_000),
    help="Clients in the backlog before a scenario's steady traffic.",
)
@click.option(
    "--stream",
    type=click.Choice(["silocompro", "mixed"]),
    default="silocompro",
    help="Stream definition of the workers: the default one, or one with 40 mixed features and UUIDs.",
)
@click.option("--list", "listed", is_flag=True, help="Show the scenarios and what each throws; run none.")
@json_option
def prove(
    seed: int, names: tuple[str, ...], quick: bool, pairs: int, stream: str, listed: bool, as_json: bool
) -> None:
    """Inject faults into real workers on a real Kafka, and check that nothing is lost.

    Starts its own Apache Kafka (needs Java 17 or newer, and Maven the first time), workers as processes, and a
    separate verifier that knows every record. The exit code is 1 if anything was lost, wrong or unexplained.
    """
    require("the fault harness", {"demo": ("confluent_kafka",)})
    from liftstream.prove.report import LiveReport, print_scenarios, print_summary
    from liftstream.prove.run import run_all
    from liftstream.prove.scenarios import SCENARIOS

    if unknown := [name for name in names if name not in SCENARIOS]:
        from difflib import get_close_matches

        near = get_close_matches(unknown[0], SCENARIOS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "'liftstream prove --list' shows them"
        raise UsageError(f"--scenario {unknown[0]}: there is no such scenario; {hint}")
    chosen = [
        one for one in SCENARIOS.values() if (one.name in names or not names) and (one.quick or not quick)
    ]
    if not chosen:
        raise UsageError(f"--quick: {', '.join(names)} is not a quick scenario; leave out --quick")
    if listed and as_json:
        print_json([{"name": one.name, "throws": one.throws, "quick": one.quick} for one in chosen])
        return
    if listed:
        print_scenarios(chosen)
        return
    with LiveReport(chosen, seed, quiet=as_json) as report:
        outcomes = run_all(chosen, seed, pairs, report, stream)
    if as_json:
        print_json(
            {"seed": seed, "pairs": pairs, "stream": stream, "scenarios": [one.to_dict() for one in outcomes]}
        )
    else:
        print_summary(outcomes, seed)
    sys.exit(0 if all(one.passed for one in outcomes) else 1)
