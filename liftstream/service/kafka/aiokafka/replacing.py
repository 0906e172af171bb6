"""Replaces classes of a library that offers no other way to change them."""

from typing import Any


def replace_in(module: Any, better: type, changed: str) -> None:
    """Has aiokafka use a class of ours in this process, in the place of the one that it is made of.

    Raises:
        RuntimeError: aiokafka changed, and would never call what ours changes.
    """
    name = better.__mro__[1].__name__
    if not hasattr(getattr(module, name, None), changed):
        raise RuntimeError(f"aiokafka changed: {module.__name__}.{name} has no {changed}")
    setattr(module, name, better)
