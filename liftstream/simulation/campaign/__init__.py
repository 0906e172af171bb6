"""A simulated campaign with known truth: clients of the shop, of whom an offer persuades some, and puts off others.

The clients have the shop's features; what an offer changes depends on a few of them. docs/uplift.md explains the numbers.
"""
