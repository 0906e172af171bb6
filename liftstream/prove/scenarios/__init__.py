"""All scenarios; importing this registers them."""

from liftstream.prove.scenario import SCENARIOS
from liftstream.prove.scenarios import deaths

__all__ = ["SCENARIOS", "deaths"]
