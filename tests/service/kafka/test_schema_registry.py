"""The client of a schema registry, against one that is a stand-in but speaks over real HTTP and TLS."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from liftstream.contracts.errors import RegistryError, SettingsError
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.schema_registry import SchemaRegistry
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnfit, SchemaUnknown
from tests.streams.formats.registry import StandIn, serving


@pytest.fixture
def registry() -> Iterator[StandIn]:
    with serving(StandIn()) as served:
        yield served


def client(registry: StandIn, **settings: Any) -> SchemaRegistry:
    return SchemaRegistry(KafkaSettings(schema_registry=registry.address, **settings))


def test_a_schema_comes_with_its_type(registry: StandIn) -> None:
    registry.register(1, '"long"')
    registry.register(2, "{}", "JSON", references=[{"name": "x", "subject": "nowhere", "version": 1}])
    assert client(registry).fetch(1) == RegisteredSchema(1, "AVRO", '"long"')
    assert client(registry).fetch(2) == RegisteredSchema(
        2, "JSON", "{}"
    )  # it is not read, so neither is what it refers to


def test_an_address_may_have_a_path_and_a_slash_at_its_end(registry: StandIn) -> None:
    registry.register(1, '"long"')
    SchemaRegistry(KafkaSettings(schema_registry=registry.address + "/")).fetch(1)
    with pytest.raises(RegistryError):
        SchemaRegistry(KafkaSettings(schema_registry=registry.address + "/apis/ccompat/v7/")).fetch(1)
    assert registry.asked == ["/schemas/ids/1", "/apis/ccompat/v7/schemas/ids/1"]


def test_protobuf_is_asked_for_as_a_descriptor_with_its_imports_in_order(registry: StandIn) -> None:
    def refer(*names: str) -> list[dict[str, Any]]:
        return [{"name": name, "subject": f"the {name}/value", "version": 3} for name in names]

    registry.serialized = {"text a": "QQ==", "text b": "Qg==", "text c": "Qw=="}
    registry.register(4, "text a", "PROTOBUF", references=refer("b.proto", "c.proto"))
    proto = {"schemaType": "PROTOBUF"}
    registry.versions["the b.proto/value", 3] = {**proto, "schema": "text b", "references": refer("c.proto")}
    registry.versions["the c.proto/value", 3] = {
        **proto,
        "schema": "text c",
        "references": refer("b.proto"),
    }  # a circle
    found = client(registry).fetch(4)
    assert found.text == "QQ=="
    assert [(one.name, one.text) for one in found.references] == [("c.proto", "Qw=="), ("b.proto", "Qg==")]


def test_a_schema_that_is_not_there_is_said_with_its_id_and_the_address(registry: StandIn) -> None:
    with pytest.raises(SchemaUnknown, match=f"^schema 17 is not in the registry at {registry.address}$"):
        client(registry).fetch(17)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"<html>not found</html>", "is KAFKA__SCHEMA_REGISTRY the address of a schema registry"),
        (404, b'{"error_code": 404, "message": "HTTP 404 Not Found"}', "HTTP 404 Not Found"),
        (
            500,
            b'{"error_code": 50001, "message": "the store is away"}',
            r"answers 500 .*\(the store is away\)",
        ),
        (302, b"", "answers 302"),
        (200, b"<html>welcome</html>", "is this a schema registry"),
        (200, b"{}", "an answer without a schema"),
        (200, b'{"schema": "1", "references": [{}]}', "no name, subject or version"),
        (200, b"x" * 4_000_001, "longer than 4,000,000 bytes"),
    ],
)
def test_any_other_answer_says_nothing_about_the_schema(
    registry: StandIn, status: int, body: bytes, said: str
) -> None:
    registry.instead = status, body
    with pytest.raises(RegistryError, match=said):
        client(registry).fetch(17)


def test_a_registry_that_is_away_is_named_by_its_address() -> None:
    with serving(StandIn()) as gone:
        asked = client(gone)
    with pytest.raises(RegistryError, match=f"{gone.address} does not answer: "):
        asked.fetch(1)


def test_user_and_password_are_sent_and_never_said(registry: StandIn) -> None:
    def log_in(password: str) -> SchemaRegistry:
        return client(registry, schema_registry_username="reader", schema_registry_password=password)

    registry.register(1, '"long"')
    registry.log_in_as("reader", "s3cret")
    assert log_in("s3cret").fetch(1).id == 1
    with pytest.raises(
        RegistryError, match="refuses with 401; see KAFKA__SCHEMA_REGISTRY_USERNAME"
    ) as refused:
        log_in("wr0ng").fetch(1)
    assert "wr0ng" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "KAFKA__SCHEMA_REGISTRY is not set"),
        ({"schema_registry": "https://me:s3cret@host"}, "holds a user; give KAFKA__SCHEMA_REGISTRY_USERNAME"),
        *(
            ({"schema_registry": address}, "KAFKA__SCHEMA_REGISTRY is no address")
            for address in (
                "http://",
                "http://[::1",
                "http://h:abc",
                "http://h:99999",
                "http://a..b",
                "http://h/ü",
            )
        ),
        ({"schema_registry": "http://host", "schema_registry_username": "me"}, "go together"),
        (
            {"schema_registry": "https://host", "schema_registry_ca_file": Path("none.pem")},
            "none.pem: cannot be read",
        ),
        (
            {"schema_registry": "https://host", "schema_registry_certificate_file": Path("none.pem")},
            "KAFKA__SCHEMA_REGISTRY_CERTIFICATE_FILE, .*: cannot be used: .*No such file",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_is_asked(settings: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        SchemaRegistry(KafkaSettings(**settings))
    assert "s3cret" not in str(refused.value)


def test_the_certificate_is_checked_against_the_file_of_the_settings(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(StandIn(), context) as registry:
        registry.register(1, '"long"')
        assert client(registry, schema_registry_ca_file=tmp_path / "ca.pem").fetch(1).text == '"long"'
        with pytest.raises(
            RegistryError, match=r"certificate verify failed.*; see KAFKA__SCHEMA_REGISTRY_CA_FILE"
        ):
            client(registry).fetch(1)


def test_a_registry_that_asks_for_a_certificate_gets_that_of_the_settings(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    own = authority.issue_cert("worker@example.org")
    files = {name: tmp_path / f"{name}.pem" for name in ("ca_file", "certificate_file", "key_file")}
    blobs = authority.cert_pem, own.cert_chain_pems[0], own.private_key_pem
    for file, blob in zip(files.values(), blobs, strict=True):
        blob.write_to_path(file)
    settings: Any = {f"schema_registry_{name}": file for name, file in files.items()}
    with serving(StandIn(), context) as registry:
        registry.register(1, '"long"')
        assert client(registry, **settings).fetch(1).text == '"long"'
        with pytest.raises(RegistryError, match="asks for a certificate, see KAFKA__SCHEMA_REGISTRY_CERT"):
            client(registry, schema_registry_ca_file=files["ca_file"]).fetch(1)
    key = load_pem_private_key(own.private_key_pem.bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"s3cret"))
    files["key_file"].write_bytes(locked)
    with pytest.raises(SettingsError, match="is encrypted; set KAFKA__SCHEMA_REGISTRY_KEY_PASSWORD"):
        SchemaRegistry(KafkaSettings(schema_registry="https://host", **settings))
    settings["schema_registry_key_password"] = "s3cret"  # noqa: S105
    SchemaRegistry(KafkaSettings(schema_registry="https://host", **settings))


def test_more_references_than_anybody_writes_are_refused(registry: StandIn) -> None:
    names = [{"name": f"n{n}", "subject": "s", "version": n} for n in range(201)]
    registry.versions = {("s", n): {"schema": '"long"'} for n in range(201)}
    registry.register(1, '"long"', references=names)
    with pytest.raises(SchemaUnfit, match="refers to more than 200"):
        client(registry).fetch(1)


def test_a_look_says_whether_it_answers_and_lets_us_in(registry: StandIn) -> None:
    client(registry).check()
    registry.log_in_as("reader", "s3cret")
    with pytest.raises(RegistryError, match="refuses with 401"):
        client(registry).check()
    registry.instead = 200, b"<html>welcome</html>"
    with pytest.raises(RegistryError, match="is this a schema registry"):
        client(registry).check()
