"""The built-in functions of PMML 4.4, by name; one file for each kind."""

from typing import Final

from liftstream.scoring.expressions.functions.arithmetic import ARITHMETIC
from liftstream.scoring.expressions.functions.dates import DATES
from liftstream.scoring.expressions.functions.function import Function
from liftstream.scoring.expressions.functions.logic import LOGIC
from liftstream.scoring.expressions.functions.text import TEXT

FUNCTIONS: Final[dict[str, Function]] = {**ARITHMETIC, **LOGIC, **TEXT, **DATES}

__all__ = ["FUNCTIONS", "Function"]
