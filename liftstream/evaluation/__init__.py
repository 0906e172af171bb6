"""How good a model is: figures with intervals, calibration, profit by threshold, pictures; shared by all trainings."""
