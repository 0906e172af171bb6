"""The built-in functions of PMML 4.4, by name; one file for each kind."""

from typing import Final

from liftstream.scoring.functions.arithmetic import ARITHMETIC
from liftstream.scoring.functions.dates import DATES
from liftstream.scoring.functions.function import Function
from liftstream.scoring.functions.logic import LOGIC
from liftstream.scoring.functions.text import TEXT

FUNCTIONS: Final[dict[str, Function]] = {**ARITHMETIC, **LOGIC, **TEXT, **DATES}

__all__ = ["FUNCTIONS", "Function"]
