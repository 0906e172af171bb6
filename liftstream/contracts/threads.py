"""Limits the threads of linear algebra: BLAS must be told before numpy is loaded.

Left alone, every process takes all cores for each product of matrices. Ours are many processes of small products, so
their threads only wait for each other: two workers on two cores made 56,000 pairs a second that way, and 135,000 with
one thread each.
"""

import os
from collections.abc import MutableMapping
from typing import Final

VARIABLES: Final = tuple(f"{name}_NUM_THREADS" for name in ("OPENBLAS", "OMP", "MKL", "BLIS", "VECLIB"))


def limit_threads(threads: int, *, was_set: bool, environment: MutableMapping[str, str] = os.environ) -> None:
    """Tells BLAS, here and in processes that are started from here.

    Args:
        threads: how many.
        was_set: whether a user asked for it by a setting; otherwise a variable of his own wins.
        environment: default: the process's own.
    """
    if was_set or not any(name in environment for name in VARIABLES):
        environment.update(dict.fromkeys(VARIABLES, str(threads)))
