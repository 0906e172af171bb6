"""Distributions and roots without scipy.stats."""
