"""A worker as a process, with a rule instead of a model: value 1 when a client's age plus purchases is even.

Started by tests as `python rule_worker.py`, with settings in the environment like `liftstream run`. The model file
holds a name, which stands in for its hash; where it holds "broken" it is refused, where it holds "odd" the rule is
reversed, and where it holds "blind" Faust fails at the first fetch.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.cli.pipeline.run import end_when_told
from liftstream.contracts.errors import LiftstreamError, ModelRefused
from liftstream.contracts.settings import load_settings


class Rule:
    """Scores that are 0 or 1; a client of age 99 has none."""

    default_threshold = 0.5

    def __init__(self, path: Path) -> None:
        self.sha256 = path.read_text() or "rule"
        if self.sha256 == "broken":
            raise ModelRefused(f"{path}: broken")
        self._right = int(self.sha256 == "odd")

    def score(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        scores = (matrix[:, 0] + matrix[:, 3:].sum(axis=1)) % 2 == self._right
        return np.where(matrix[:, 0] == 99, np.nan, scores.astype(float))


async def fail(*_: Any, **__: Any) -> None:
    raise RuntimeError("no fetch can be made")


def main() -> int:
    end_when_told()
    from liftstream.service.kafka import transport
    from pipeline import application, process
    from pipeline.group import preflight as entry
    from pipeline.model import ServedModel

    application.SESSION_S, entry.REFUSE_AFTER_S = 6.0, 8.0  # as short as Kafka allows: tests wait for it
    process.REFUSE_AFTER_S = entry.REFUSE_AFTER_S
    try:
        settings = load_settings()
        settings.pipeline.model.touch()
        if settings.pipeline.model.read_text() == "blind":
            transport.Consumer._getmany = fail
        return process.run_worker(settings, lambda: ServedModel(settings.pipeline, Rule))
    except LiftstreamError as error:
        print(f"liftstream: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
