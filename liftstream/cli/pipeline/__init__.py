"""Commands of the pipeline and its broker: `run`, `flink`, `doctor`, `topics`, `broker`, `side-output`."""
