"""The quick scenarios of the fault harness, each on the real broker of the tests; `make prove` runs them all."""

import pytest

from liftstream.broker import ApacheKafka
from liftstream.prove.run import run_scenario
from liftstream.prove.scenarios import SCENARIOS

SEED, PAIRS = 1, 2_000
QUICK = [one for one in SCENARIOS.values() if one.quick and not one.alone]


@pytest.mark.parametrize("name", [one.name for one in QUICK])
def test_nothing_is_lost_wrong_or_unexplained_in(name: str, secured_kafka: ApacheKafka) -> None:
    outcome = run_scenario(secured_kafka, SCENARIOS[name], SEED, PAIRS)
    assert outcome.passed, [check for check in outcome.checks if check["broken"]] + outcome.schedule
