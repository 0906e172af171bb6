"""The report on an experiment: arms, effects, checks, verdict, what to do."""
