"""What a burst has taken goes back to the system, also where it lies between blocks that are in use."""

import asyncio
import contextlib
import re
import sys
from pathlib import Path

import pytest

from liftstream.service import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's")


def resident_mb() -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def test_memory_that_is_free_between_blocks_in_use_goes_back_to_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "TRIM_EVERY_S", 0.01)
    blocks = [bytes([number % 7 + 1]) * 40_000 for number in range(2_000)]
    kept = blocks[::2]
    del blocks
    full_mb = resident_mb()

    async def work() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(memory.keep_memory_low(), 1)

    asyncio.run(work())
    assert full_mb - resident_mb() > 20
    assert len(kept) == 1_000
