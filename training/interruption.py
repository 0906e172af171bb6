"""Ctrl-C while a network learns."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SWALLOWED: Final = "Training interrupted by user"
"""What scikit-learn's networks warn of when they catch Ctrl-C, stop there and pass for fitted."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets Ctrl-C end the program although scikit-learn catches it: half a training must become no model.

    Raises:
        KeyboardInterrupt: Ctrl-C came in the block.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", SWALLOWED)
        try:
            yield
        except UserWarning as warned:
            if SWALLOWED in str(warned):
                raise KeyboardInterrupt from None
            raise
