"""A stage for the fault scenarios: broker and bad network of their own, because some of them hurt both."""

from collections.abc import Iterator

import pytest

from liftstream.prove.stage import ProofStage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the stage is marked for the real broker."""
    for item in items:
        if "stage" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def stage(kafka_installation: None) -> Iterator[ProofStage]:
    """One a test process."""
    with ProofStage() as stage:
        yield stage
