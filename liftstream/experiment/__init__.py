"""Pure statistics of an experiment: sample size, tests, assignment; no I/O."""
