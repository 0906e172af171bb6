"""BLAS has one thread unless somebody wants more: a setting says so, or a variable that was there before."""

import os
import subprocess
import sys

import pytest

from liftstream.contracts.threads import VARIABLES, limit_threads

COUNT = "import threadpoolctl, numpy; print(threadpoolctl.threadpool_info()[0]['num_threads'])"
LIMIT = "from liftstream.contracts.threads import limit_threads; limit_threads({}, was_set={}); "


@pytest.mark.parametrize(
    ("threads", "was_set", "own", "found"), [(1, False, None, 1), (2, True, "1", 2), (1, False, "2", 2)]
)
def test_numpy_takes_what_was_said_before_it_was_loaded(
    threads: int, was_set: bool, own: str | None, found: int
) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    if own is not None:
        environment["OMP_NUM_THREADS"] = own
    program = LIMIT.format(threads, was_set) + COUNT
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert int(done.stdout) == min(found, os.cpu_count() or 1), done.stderr


def test_a_variable_of_the_users_own_is_left_alone() -> None:
    environment = {"MKL_NUM_THREADS": "3"}
    limit_threads(1, was_set=False, environment=environment)
    assert environment == {"MKL_NUM_THREADS": "3"}
