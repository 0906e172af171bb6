"""What `liftstream demo uplift` runs: an experiment's clients -> a tree -> PMML -> the pipeline -> an experiment that
proves it."""
