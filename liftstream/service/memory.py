"""Memory of a worker: fetches and matrices of megabytes come and go thousands of times, made by one thread and freed by
another.

By default glibc keeps them: it raises its mmap threshold with every large block that is freed, and has an arena for
each thread. `python -m benchmarks.compare` shows the peak of a million pairs.
"""

import ctypes
import gc
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
MIB: Final = 1024 * 1024
KEPT: Final = 48 * MIB
"""What glibc may keep free: with less, every fetch of a backlog takes its pages from the kernel anew, a tenth of the time."""
RESERVE: Final = 24 * MIB
"""What polls take where the machine falls behind for a moment: taken at once and kept by glibc, so that a worker's
memory is from the start what it is then, and grows later only where something of ours does."""
COLLECT_AFTER: Final = (20_000, 50, 100)
"""A worker makes hardly any cycles; by default every 700 halves that wait would start a search for them."""


def give_memory_back() -> None:
    """Sets glibc's limits (another C library has none), and how often Python looks for cycles."""
    gc.set_threshold(*COLLECT_AFTER)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in ((M_ARENA_MAX, 1), (M_TRIM_THRESHOLD, KEPT), (M_MMAP_THRESHOLD, 32 * MIB)):
            mallopt(name, value)


def take_reserve() -> None:
    """To be called when all is loaded."""
    reserve = b"\1" * RESERVE  # written to: the system gives nothing else
    del reserve
