"""The environment of the Flink job: made once in the user's cache folder, left out without Java, never where CI is set."""

import os

import pytest

from pipeline.flink.installation import FlinkMissing, Installation, install


@pytest.fixture(scope="session")
def flink_installation() -> Installation:
    """PyFlink, the connector and the compiled join."""
    try:
        return install(lambda _: None)
    except FlinkMissing as error:
        if os.environ.get("CI"):
            pytest.fail(f"tests on Flink are never left out where CI is set: {error}", pytrace=False)
        pytest.skip(f"no Flink: {error}")
