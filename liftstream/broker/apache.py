"""A real Apache Kafka 4 on this machine, for tests and benchmarks: ready in 3 s, 200 MB, gone with whoever
started it."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from liftstream.broker.jars import find_java, kafka_jars
from liftstream.broker.leash import Leashed
from liftstream.broker.server_properties import ClusterMember, Ports, Tls, render
from liftstream.broker.stoppable import Stoppable
from liftstream.contracts.errors import BrokerError

QUICK = ["-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
"""Ready soon, and small; under load slower than a broker that compiles itself well."""
AS_INSTALLED = [
    "-Xms1g",
    "-Xmx1g",
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
]
"""What Kafka's own start script gives to Java."""
THREADS_AS_INSTALLED = {"num.network.threads": "3", "num.io.threads": "8"}
LOGGED = [
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",  # the line we wait for
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
]
STARTED = "Kafka Server started"
PORT_TAKEN = "Address already in use"
ATTEMPTS = 5


class ApacheKafka(Stoppable):
    """One broker in a temporary folder of its own, on free ports of 127.0.0.1; use it in a `with` block.

    `bootstrap` is the open listener; with `secured=True` there is besides `secure_bootstrap`, which asks for
    SASL/SCRAM-SHA-256 and grants nothing until `liftstream.broker.rights` did.

    Args:
        secured: with the second listener.
        tls: encrypts the second listener, which may then ask for a certificate instead of a user.
        rebalance_delay_ms: see `server_properties.render`.
        heap_mb: the broker's memory.
        as_installed: with the memory, Java options and threads of Kafka's own start script and configuration, as users
            run it: for benchmarks. It starts slower and takes a gigabyte.
        front_port: of something that stands before the broker, a proxy for example: a further listener, at
            `behind_front`, tells its clients to come there.
        port: of the open listener; default: a free one.
        start_within_s: how long it may take until it is ready.
        member: of a cluster (`liftstream.broker.cluster`); default: it is alone.
        properties: of its `server.properties`, where they are to be others than ours.

    Raises:
        BrokerError: Java or Maven are missing, or it does not start; the message holds its last words.
    """

    def __init__(
        self,
        *,
        secured: bool = False,
        tls: Tls | None = None,
        rebalance_delay_ms: int = 0,
        heap_mb: int = 256,
        as_installed: bool = False,
        front_port: int | None = None,
        start_within_s: float = 60,
        port: int | None = None,
        member: ClusterMember | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        self._java, self._jars = str(find_java()), kafka_jars()
        self._secured, self._tls, self._delay_ms = secured, tls, rebalance_delay_ms
        self._start_within_s = start_within_s
        self._java_options = AS_INSTALLED if as_installed else [f"-Xmx{heap_mb}m", *QUICK]
        self._front_port, self._member, self._port = front_port, member, port
        self._properties = (THREADS_AS_INSTALLED if as_installed else {}) | dict(properties or {})
        self.folder = Path(mkdtemp(prefix="liftstream-kafka-"))
        self._held: Leashed | None = None
        self._start_on_free_ports()

    @property
    def pid(self) -> int:
        """The broker's process, while it runs."""
        return self._running().pid

    def ended(self) -> bool:
        """Whether its process has ended."""
        return self._held is None or self._held.wait(0) is not None

    def start(self) -> None:
        """Starts it again after `kill` or `terminate`, on the same ports and data."""
        self._held = self._launch()
        self._wait_until_ready(self._held)

    def kill(self) -> None:
        """Ends it by SIGKILL, without a chance to clean up; its data stay."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """Asks it to end (SIGTERM), and waits; its data stay."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Freezes it: connections stay open and nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Resumes it after `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ends it and removes its folder; a second call does nothing."""
        held, self._held = self._held, None
        if held is not None:
            held.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_on_free_ports(self) -> None:
        """Starts it, with other ports if somebody took one between our check and Java's opening it.

        Not by a member of a cluster, whose controller's port the others know: the cluster tries again with all.
        """
        attempts = 1 if self._member else ATTEMPTS
        for attempt in range(1, attempts + 1):
            try:
                plain, secure, controller, front = free_ports(4)
                member = self._member or ClusterMember(cluster_id(), (controller,))
                self._format(Ports(self._port or plain, secure, front, self._front_port), member)
                self.start()
                return
            except BrokerError as error:
                self.stop()
                if PORT_TAKEN not in str(error) or attempt == attempts:
                    raise
                self.folder.mkdir(exist_ok=True)
            except BaseException:
                self.stop()
                raise

    def _format(self, ports: Ports, member: ClusterMember) -> None:
        self.bootstrap = f"127.0.0.1:{ports.plain}"
        self.secure_bootstrap = f"127.0.0.1:{ports.secure}" if self._secured else None
        self.behind_front = "127.0.0.1", ports.front
        data = self.folder / "data"
        properties = render(ports, member, data, self._delay_ms, self._secured, self._tls, self._properties)
        (self.folder / "server.properties").write_text(properties)
        done = subprocess.run(
            [
                *self._command("kafka.tools.StorageTool"),
                "format",
                "-t",
                member.cluster,
                "-c",
                "server.properties",
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BrokerError(
                f"Apache Kafka could not prepare {self.folder}: {_last_line(done.stdout + done.stderr)}"
            )

    def _command(self, tool: str) -> list[str]:
        return [self._java, *self._java_options, *LOGGED, "-cp", str(self._jars / "*"), tool]

    def _launch(self) -> Leashed:
        with (self.folder / "server.log").open("wb") as log:
            return Leashed(
                [*self._command("kafka.Kafka"), "server.properties"],
                output=log,
                remove=self.folder,
                folder=self.folder,
                grace_s=10,
            )

    def _wait_until_ready(self, held: Leashed) -> None:
        deadline = time.monotonic() + self._start_within_s
        while STARTED not in (log := self._log()):
            ended = held.wait(0.05) is not None
            if ended or time.monotonic() > deadline:
                said = next((line for line in log.splitlines() if PORT_TAKEN in line), _last_line(log))
                how = "ended" if ended else f"was not ready after {self._start_within_s:g} s"
                raise BrokerError(f"Apache Kafka {how}: {said}")

    def _log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def _end(self, number: int) -> None:
        held, self._held = self._running(), None
        held.send(number)
        if held.wait(15) is None:
            held.stop()
            raise BrokerError(f"the broker (process {held.pid}) did not end within 15 s")
        held.stop()  # only closes what we held it by

    def _running(self) -> Leashed:
        if self._held is None:
            raise BrokerError("the broker is not running")
        return self._held


def cluster_id() -> str:
    """Sixteen bytes in Kafka's form; one that began with a dash would be taken for an option."""
    number = bytes([uuid.uuid4().bytes[0] & 0x7F]) + uuid.uuid4().bytes[1:]
    return base64.urlsafe_b64encode(number).decode().rstrip("=")


def free_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _last_line(text: str) -> str:
    """The last line of a program's output, or the error above a stack trace."""
    lines = [line for line in text.strip().splitlines() if not line.lstrip().startswith("at ")]
    return lines[-1] if lines else "it said nothing"
