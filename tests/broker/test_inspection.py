"""A broker is looked at through those of its addresses that answer."""

import random

import pytest

from liftstream.broker import ApacheKafka
from liftstream.broker.inspection import inspect
from liftstream.contracts.settings import KafkaSettings


@pytest.mark.kafka
def test_an_address_that_is_down_does_not_hide_the_others(
    kafka: ApacheKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "choice", lambda several: several[0])
    settings = KafkaSettings(bootstrap=f"127.0.0.1:1, {kafka.bootstrap}")
    assert kafka.bootstrap in inspect(settings, "nobody", []).addresses
