"""Payments by card with known truth: which are fraud, how likely each was, and what asking before paying is worth.

The example that is not a shop: texts, a date, a boolean, gaps, and cards named by UUID. docs/card-risk.md uses it.
"""
