"""Replaces classes of a library that offers no other way to change them."""

from typing import Any


def replace_in(module: Any, better: type, *changed: str) -> None:
    """Has aiokafka use a class of ours in this process, in the place of the one that it is made of.

    Args:
        module: where aiokafka looks for its class.
        better: ours.
        changed: the methods that ours changes, which aiokafka has to call.

    Raises:
        RuntimeError: aiokafka changed, and would never call what ours changes.
    """
    replaced = better.__mro__[1]
    for name in changed:
        if not (hasattr(module, replaced.__name__) and hasattr(replaced, name)):
            raise RuntimeError(f"aiokafka changed: {module.__name__}.{replaced.__name__} has no {name}")
    setattr(module, replaced.__name__, better)
