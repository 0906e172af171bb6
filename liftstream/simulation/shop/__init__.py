"""A simulated shop with known truth, so that every claim about a model or an experiment can be checked.

Everything here is arrays in, arrays out: no clock, no Kafka. docs/shop.md explains the numbers.
"""
