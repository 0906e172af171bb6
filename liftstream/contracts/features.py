"""The features of a client as the two topics carry them, and the order in which arrays hold them."""

from typing import Final

CATEGORIES: Final = tuple(f"cat{i}" for i in range(100))
UNCATEGORISED: Final = tuple(f"u{i}" for i in range(10))
PRODUCTS: Final = CATEGORIES + UNCATEGORISED
"""Bought before (1) or not (0), from the historic topic."""

DEMOGRAPHIC: Final = ("age", "man", "woman")
"""Features of the demographic topic; man = 1 - woman."""

FEATURES: Final = DEMOGRAPHIC + PRODUCTS
"""Every field that a model may ask the pipeline for, in the column order of every feature matrix."""

LABEL: Final = "label"
"""1 when the client is interested in the new category."""

AGE_MIN: Final = 0
AGE_MAX: Final = 130
