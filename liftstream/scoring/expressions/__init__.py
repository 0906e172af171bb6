"""Expressions and predicates, compiled to functions from a batch to a column."""
