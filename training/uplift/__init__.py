"""Uplift: a tree on an experiment's clients, evaluated by curves and by money, exported as PMML."""
