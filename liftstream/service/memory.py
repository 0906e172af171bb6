"""Memory of a worker: fetches and matrices of megabytes come and go thousands of times, made by one thread and freed by another.

Left alone glibc keeps them: it raises its threshold for memory of its own with every large block that is freed, and has an
arena for each of our threads. `python -m benchmarks.compare` shows the peak of a million pairs.
"""

import asyncio
import ctypes
import gc
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
MIB: Final = 1024 * 1024
KEPT: Final = 48 * MIB
"""What glibc may keep free: with less, every fetch of a backlog takes its pages from the kernel anew, a tenth of the time."""
TRIM_EVERY_S: Final = 30.0
COLLECT_AFTER: Final = (20_000, 50, 100)
"""A worker makes hardly any cycles; by default every 700 halves that wait would start a search for them."""


def give_memory_back() -> None:
    """Sets glibc's limits (another C library has none), and how often Python looks for cycles."""
    gc.set_threshold(*COLLECT_AFTER)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in ((M_ARENA_MAX, 1), (M_TRIM_THRESHOLD, KEPT), (M_MMAP_THRESHOLD, 32 * MIB)):
            mallopt(name, value)


async def keep_memory_low() -> None:
    """Now and then has glibc give back what is free between blocks in use, too: else one large poll is kept for good."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        await asyncio.sleep(TRIM_EVERY_S)
        await asyncio.to_thread(trim, 0)
