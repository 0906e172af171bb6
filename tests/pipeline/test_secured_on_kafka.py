"""A Kafka as a company runs it: TLS with checked certificates, SASL/SCRAM, and only the three rights that a worker needs.

And one without SASL, which knows its clients by their certificates.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from liftstream.broker import ApacheKafka
from liftstream.broker.diagnosis import Finding, diagnose
from liftstream.broker.rights import add_user, grant
from liftstream.broker.server_properties import Tls
from liftstream.contracts.settings import KafkaSettings, PipelineSettings, Settings
from pipeline.doctor import check_broker, check_settings
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import Answers, Clients, Feeder, Worker, aside, running, until

PASSWORD = "between us"  # noqa: S105
COMMON_NAME = "worker"
NOBODY = "127.0.0.1:1"


@dataclass
class Secured:
    """A broker that asks for a client certificate and perhaps a user, and what a client needs to be let in."""

    broker: ApacheKafka
    files: dict[str, Path]

    def seen_by(self, open_settings: KafkaSettings, user: str, **changes: Any) -> KafkaSettings:
        """The same topics by the secured listener, for one of its users."""
        secured = {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-256",
            "username": user,
            "password": PASSWORD,
        }
        return self.seen_with_certificate(open_settings, **secured | changes)

    def seen_with_certificate(self, open_settings: KafkaSettings, **changes: Any) -> KafkaSettings:
        """The same topics by the secured listener, without a user; the first address is one where nobody is."""
        secured = {"bootstrap": f"{NOBODY},{self.broker.secure_bootstrap}", "security_protocol": "SSL"}
        return KafkaSettings.model_validate(open_settings.model_dump() | secured | self.files | changes)

    @property
    def port(self) -> str:
        """Of the secured listener."""
        return str(self.broker.secure_bootstrap).rpartition(":")[2]


def write_certificates(folder: Path) -> tuple[Tls, dict[str, Path]]:
    """Certificates of one authority for the broker and for a client."""
    authority = trustme.CA()
    broker, client = (
        authority.issue_cert("127.0.0.1"),
        authority.issue_cert("w@example.org", common_name=COMMON_NAME),
    )
    key = load_pem_private_key(broker.private_key_pem.bytes(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # the form that Java reads
    (folder / "broker.pem").write_bytes(pem + b"".join(blob.bytes() for blob in broker.cert_chain_pems))
    authority.cert_pem.write_to_path(folder / "ca.pem")
    client.private_key_pem.write_to_path(folder / "client.key")
    client.cert_chain_pems[0].write_to_path(folder / "client.pem")
    files = {
        "ca_file": folder / "ca.pem",
        "certificate_file": folder / "client.pem",
        "key_file": folder / "client.key",
    }
    return Tls(folder / "broker.pem", folder / "ca.pem"), files


Certificates = tuple[Tls, dict[str, Path]]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(kafka_installation: None, certificates: Certificates) -> Iterator[Secured]:
    tls, files = certificates
    with ApacheKafka(secured=True, tls=tls) as broker:
        yield Secured(broker, files)


@pytest.fixture(scope="module")
def without_users(kafka_installation: None, certificates: Certificates) -> Iterator[Secured]:
    tls, files = certificates
    with ApacheKafka(secured=True, tls=replace(tls, users=False)) as broker:
        yield Secured(broker, files)


def grant_three_rights(broker: ApacheKafka, settings: KafkaSettings, user: str) -> None:
    """What a worker needs."""
    grant(
        broker.bootstrap,
        user,
        read=(settings.topic_demographic, settings.topic_historic),
        write=(settings.topic_prediction,),
        groups=(settings.topic_prediction,),
    )


def doctor(kafka: KafkaSettings) -> dict[str, Finding]:
    """What `liftstream doctor` finds of settings and broker, by what was looked at."""
    settings = Settings(kafka=kafka, pipeline=PipelineSettings(group=kafka.topic_prediction))
    return {
        finding.check: finding for finding in (*check_settings(settings, None), *check_broker(settings)[0])
    }


def serve_all(settings: KafkaSettings, theirs: KafkaSettings, folder: Path) -> Worker:
    """A worker that gets in as `theirs`, answers every client, and was found in order by the doctor; it has ended."""
    clients = Clients(3000)
    feeder, answers = Feeder(settings), Answers(settings)
    feeder.send_apart(clients)
    worker = Worker(theirs, folder)
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        until(worker.is_ready, worker)
        found = doctor(theirs)
        assert [found[check].status for check in ("security", "broker", "topics", "rights")] == ["ok"] * 4
        assert worker.stop() == 0
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert aside(folder) == []
    return worker


pytestmark = pytest.mark.kafka


def test_a_worker_needs_read_on_two_topics_and_the_group_and_write_on_one(
    secured: Secured, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(secured.broker)
    user = f"worker-{settings.topic_prediction}"
    add_user(secured.broker.bootstrap, user, PASSWORD)
    grant_three_rights(secured.broker, settings, user)
    worker = serve_all(settings, secured.seen_by(settings, user), tmp_path)
    assert PASSWORD not in worker.said()


def test_without_users_a_worker_is_known_by_its_certificate_and_needs_the_same_rights(
    without_users: Secured, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(without_users.broker)
    theirs = without_users.seen_with_certificate(settings)
    assert "READ on " + settings.topic_historic in doctor(theirs)["rights"].said
    grant_three_rights(without_users.broker, settings, COMMON_NAME)
    serve_all(settings, theirs, tmp_path)
    assert doctor(theirs)["security"].said == "SSL"


def test_doctor_names_the_missing_right_by_topic_and_group(secured: Secured, topics: MakeTopics) -> None:
    settings = topics(secured.broker, partitions=1)
    user = f"stranger-{settings.topic_prediction}"
    add_user(secured.broker.bootstrap, user, PASSWORD)
    grant(secured.broker.bootstrap, user, read=(settings.topic_demographic, settings.topic_prediction))
    theirs = Settings(kafka=secured.seen_by(settings, user), pipeline=PipelineSettings(group="g"))
    found = {finding.check: finding for finding in diagnose(theirs)[0]}
    assert found["rights"].status == "failed"
    assert f"READ on {settings.topic_historic} (or there is no such topic" in found["rights"].said
    assert f"WRITE on {settings.topic_prediction}" in found["rights"].said
    assert "READ on group g" in found["rights"].said
    assert f"READ on {settings.topic_demographic}" not in found["rights"].said
    assert f"grant it to user '{user}'" in found["rights"].said


def refusal_of(settings: KafkaSettings, folder: Path) -> str:
    """What a worker says that ends because Kafka does not let it in; the last line is why."""
    worker = Worker(settings, folder)
    with running(worker):
        assert worker.process.wait(300) == 1
    assert worker.said().splitlines()[-1].startswith("liftstream: Kafka refuses us")
    return worker.said()


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"password": "guessed"}, "uthentication"), ({"ca_file": None}, "certificate verify failed")],
    ids=["wrong password", "unknown authority"],
)
def test_a_worker_that_is_refused_for_good_says_why_in_one_line_and_ends(
    secured: Secured, topics: MakeTopics, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    settings = topics(secured.broker, partitions=1)
    user = f"worker-{settings.topic_prediction}"
    add_user(secured.broker.bootstrap, user, PASSWORD)
    theirs = secured.seen_by(settings, user, **changes)
    said = refusal_of(theirs, tmp_path)
    assert why in said.splitlines()[-1]
    assert "guessed" not in said
    broker, *others = check_broker(Settings(kafka=theirs))[0]
    assert broker.status == "failed"
    assert why in broker.said
    assert {finding.status for finding in others} == {"skipped"}


@pytest.mark.parametrize(
    ("host", "changes", "why"),
    [
        ("127.0.0.1", {"ca_file": None}, "certificate verify failed"),
        ("localhost", {}, "certificate is not valid for 'localhost'"),
    ],
    ids=["unknown authority", "another host's certificate"],
)
def test_without_users_too_the_certificate_of_the_broker_is_checked(
    without_users: Secured, topics: MakeTopics, tmp_path: Path, host: str, changes: dict[str, Any], why: str
) -> None:
    settings = topics(without_users.broker, partitions=1)
    bootstrap = f"{host}:{without_users.port}"
    theirs = without_users.seen_with_certificate(settings, bootstrap=bootstrap, **changes)
    assert why in refusal_of(theirs, tmp_path).splitlines()[-1]
    assert doctor(theirs)["broker"].status == "failed"
    assert why in doctor(theirs)["broker"].said


def test_doctor_names_the_setting_where_the_broker_asks_for_a_certificate_and_there_is_none(
    without_users: Secured, topics: MakeTopics
) -> None:
    settings = topics(without_users.broker, partitions=1)
    theirs = without_users.seen_with_certificate(settings, certificate_file=None, key_file=None)
    broker = doctor(theirs)["broker"]
    assert broker.status == "failed"
    assert "certificate (_ssl" in broker.said
    assert broker.said.endswith(
        "KAFKA__SECURITY_PROTOCOL, KAFKA__CA_FILE, KAFKA__CERTIFICATE_FILE, KAFKA__KEY_FILE"
    )
