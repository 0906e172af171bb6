"""All scenarios; importing this registers them."""

from liftstream.prove.scenario import SCENARIOS
from liftstream.prove.scenarios import broker, deaths, records, surroundings, together, topics

__all__ = ["SCENARIOS", "broker", "deaths", "records", "surroundings", "together", "topics"]
