"""Advertised addresses of brokers that cannot be reached from here.

A client asks at KAFKA__BOOTSTRAP where the brokers are, and connects there. The addresses are set at the broker
(`advertised.listeners`); a broker behind a container or a proxy often advertises an address that only its own network
knows.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from liftstream.contracts.connection import aiokafka_options, host_and_port
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.aiokafka.client_start import started

CONNECT_WITHIN_S: Final = 2.0


async def find_unreachable(kafka: KafkaSettings) -> str | None:
    """What is wrong with the addresses that the brokers advertise; None where nothing is, or nobody answers."""
    admin = AIOKafkaAdminClient(**aiokafka_options(kafka))
    try:
        await started(admin)
        return await unreachable(kafka, admin._client.cluster.brokers())
    except (KafkaError, OSError, TimeoutError):
        return None
    finally:
        await admin.close()


async def unreachable(kafka: KafkaSettings, brokers: Iterable[Any]) -> str | None:
    """The same of brokers that are known already, with `host` and `port`; they are tried side by side."""
    listed = sorted({(broker.host, broker.port) for broker in brokers})
    problems = await asyncio.gather(*(_knock(*address) for address in listed))
    found = [
        f"{host_and_port(host, port)} ({problem})"
        for (host, port), problem in zip(listed, problems, strict=True)
        if problem
    ]
    if not found or len(found) < len(listed):  # one that is away is nothing unusual where others are there
        return None
    return (
        f"the broker at {kafka.bootstrap} sends its clients to {', '.join(found)}, where nobody answers: set"
        " advertised.listeners of the broker to an address that this machine reaches, or KAFKA__BOOTSTRAP to the listener"
        " that is meant for it"
    )


async def _knock(host: str, port: int) -> str | None:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), CONNECT_WITHIN_S)
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return None
