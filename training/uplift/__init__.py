"""Whom it pays to influence: a tree on an experiment's clients, judged by curves and by money, exported as PMML."""
