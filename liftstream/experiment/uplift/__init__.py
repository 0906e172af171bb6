"""Evaluation of uplift scores: uplift and Qini curves, their areas, uplift@k and profit.

Every function takes three arrays of one row per client: the outcome `y`, `treatment` (1 influenced, 0 left alone, by
chance) and the `score`; a higher score means: influence first.
"""
