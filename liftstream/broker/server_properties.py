"""The `server.properties` of a small Apache Kafka: a node that is broker and controller, on 127.0.0.1, alone or of
several."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True)
class Ports:
    """The ports of the listeners; clients of `front` are told to use the port `advertised`."""

    plain: int
    secure: int
    front: int = 0
    advertised: int | None = None


@dataclass(frozen=True)
class ClusterMember:
    """One broker of a cluster in which every broker is a controller too.

    Attributes:
        cluster: the cluster's id.
        controllers: the ports where their controllers listen.
        place: this one's place among them, from 0; its node id is one more.
    """

    cluster: str
    controllers: tuple[int, ...]
    place: int = 0


@dataclass(frozen=True)
class Tls:
    """Files of a listener with TLS, in PEM.

    Attributes:
        certificate: the broker's private key (PKCS 8) and its certificates.
        clients: certificates that sign those of clients, who must show one then; None: clients need none.
        users: whether clients give a user and password besides; otherwise the common name of their certificate is the user.
    """

    certificate: Path
    clients: Path | None = None
    users: bool = True


SMALL = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAIN",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "broker.session.timeout.ms": "4000",  # after a kill the controller waits this long for the old self to be gone
    "broker.heartbeat.interval.ms": "1000",
    "num.network.threads": "1",
    "num.io.threads": "2",
    "log.cleaner.dedupe.buffer.size": "4194304",  # else 128 MB of a small heap
    "log.segment.delete.delay.ms": "1000",
    "log.retention.ms": "-1",  # records of last month are written and read here
}

SHARED = {
    "leader.imbalance.check.interval.seconds": "1",  # a broker that comes back soon leads again
    "leader.imbalance.per.broker.percentage": "0",
}

OPEN = {"listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,FRONT:PLAINTEXT"}
"""The protocols of listeners that anybody may use."""

SECURED = {
    "listener.security.protocol.map": OPEN["listener.security.protocol.map"] + ",SECURE:SASL_PLAINTEXT",
    "listener.name.secure.sasl.enabled.mechanisms": "SCRAM-SHA-256",
    "listener.name.secure.scram-sha-256.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": "User:ANONYMOUS",  # whoever comes by the open listener: the tests' administration
}


def render(
    ports: Ports,
    member: ClusterMember,
    data: Path,
    rebalance_delay_ms: int,
    secured: bool,
    tls: Tls | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The file's text.

    Args:
        ports: where to listen; `secure` only counts where `secured`.
        member: of which cluster; where there are several, two keep each topic.
        data: folder of the log segments.
        rebalance_delay_ms: pause before a group's first assignment. 0 for one worker a group; 3000 with several, or
            the late one makes the first replay.
        secured: adds a listener that asks for SASL/SCRAM and grants only what rules allow.
        tls: encrypts that listener; it may ask for a certificate instead of a user.
        more: take the place of ours.
    """
    controller = f"CONTROLLER://127.0.0.1:{member.controllers[member.place]}"
    listeners = [f"PLAIN://127.0.0.1:{ports.plain}"]
    if secured:
        listeners.append(f"SECURE://127.0.0.1:{ports.secure}")
    told = list(listeners)
    if ports.advertised is not None:
        listeners.append(f"FRONT://127.0.0.1:{ports.front}")
        told.append(f"FRONT://127.0.0.1:{ports.advertised}")
    properties = SMALL | (SECURED if secured else OPEN)
    if tls is not None:
        properties |= _encrypted(tls)
    properties |= _membership(member)
    properties |= {
        "listeners": ",".join([*listeners, controller]),
        "advertised.listeners": ",".join(told),
        "log.dirs": str(data),
        "group.initial.rebalance.delay.ms": str(rebalance_delay_ms),
        **more,
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())


def _membership(member: ClusterMember) -> dict[str, str]:
    copies = str(min(2, len(member.controllers)))
    voters = (f"{node}@127.0.0.1:{port}" for node, port in enumerate(member.controllers, 1))
    return (SHARED if len(member.controllers) > 1 else {}) | {
        "node.id": str(member.place + 1),
        "controller.quorum.voters": ",".join(voters),
        "default.replication.factor": copies,
        "offsets.topic.replication.factor": copies,
    }


def _encrypted(tls: Tls) -> dict[str, str]:
    prefix, protocol = "listener.name.secure.ssl.", "SASL_SSL" if tls.users else "SSL"
    properties = {
        "listener.security.protocol.map": f"{OPEN['listener.security.protocol.map']},SECURE:{protocol}",
        prefix + "keystore.type": "PEM",
        prefix + "keystore.location": str(tls.certificate),
    }
    if not tls.users:
        properties[prefix + "principal.mapping.rules"] = "RULE:^CN=([^,]+),.*$/$1/,DEFAULT"
    if tls.clients is not None:
        properties |= {
            prefix + "truststore.type": "PEM",
            prefix + "truststore.location": str(tls.clients),
            prefix + "client.auth": "required",
        }
    return properties
