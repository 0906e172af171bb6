"""What a worker takes from the system: at once what it needs now and then, and no more for it later."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's")

BURSTS = """
import json, re
from liftstream.service.memory import MIB, RESERVE, give_memory_back, take_reserve

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

give_memory_back()
if TAKE:
    take_reserve()
before = resident()
for size in (1_000, 40_000, 500_000):
    burst = [bytes([7]) * size for _ in range(20 * MIB // size)]
    del burst
print(json.dumps(resident() - before))
"""


def growth_mb(*, with_reserve: bool) -> float:
    """What bursts of 20 MB add to a process for good."""
    program = BURSTS.replace("TAKE", str(with_reserve))
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found: float = json.loads(said.stdout)
    return found


def test_bursts_add_nothing_to_a_process_that_has_taken_its_reserve_and_stay_in_one_that_has_not() -> None:
    assert growth_mb(with_reserve=True) < 2
    assert growth_mb(with_reserve=False) > 15
