"""What to type with a new token: the exact lines for a shell, with this platform's own Kafka."""

import shlex
from collections.abc import Mapping

from liftstream.contracts.settings import KafkaSettings

USUAL = KafkaSettings().bootstrap


def worker_commands(kafka: KafkaSettings, tokens: Mapping[str, str]) -> dict[str, str]:
    """Starts a pipeline for each candidate.

    Several candidates need a group each, or they would share the clients instead of all answering every client, and
    each its own model.
    """
    several = len(tokens) > 1
    return {name: "\n".join(_lines(kafka, name, token, several)) for name, token in tokens.items()}


def _lines(kafka: KafkaSettings, name: str, token: str, several: bool) -> list[str]:
    variables = {"KAFKA__BOOTSTRAP": kafka.bootstrap} if kafka.bootstrap != USUAL else {}
    variables["PIPELINE__TOKEN"] = token
    if several:
        variables |= {"PIPELINE__GROUP": f"liftstream-{name}", "PIPELINE__MODEL": f"pmml/{name}.pmml"}
    exports = [f"export LIFTSTREAM_{variable}={shlex.quote(value)}" for variable, value in variables.items()]
    return [*exports, "liftstream run"]


def shop_command(kafka: KafkaSettings) -> str:
    """Lets the simulated shop visit this platform."""
    where = (
        ""
        if kafka.bootstrap == USUAL
        else f"export LIFTSTREAM_KAFKA__BOOTSTRAP={shlex.quote(kafka.bootstrap)}\n"
    )
    return f"{where}liftstream shop --sessions 20000"


def ask_with_key(address: str, key: str) -> str:
    """Lists the experiments as a program would."""
    return f"curl -H 'Authorization: Bearer {key}' {shlex.quote(address + 'api/experiments')}"


def check_again(address: str, experiment: str, asks_for_key: bool) -> str:
    """Reaches the verdict of a report once more, from its clients and its sealed plan."""
    load = "curl -f -H 'Authorization: Bearer KEY' -o" if asks_for_key else "curl -f -o"
    return "\n".join(
        (
            f"{load} report.json {shlex.quote(f'{address}experiments/{experiment}/report.json')}",
            f"{load} clients.csv {shlex.quote(f'{address}api/experiments/{experiment}/clients.csv')}",
            "liftstream analyze clients.csv --plan report.json",
        )
    )
