"""Asks a schema registry (Confluent's API, which others offer too) for a schema and everything that it refers to."""

import json
import ssl
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult, quote, urlsplit

from liftstream.contracts.connection import load_certificate
from liftstream.contracts.errors import RegistryError, SettingsError
from liftstream.contracts.settings import KafkaSettings
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnfit, SchemaUnknown

ANSWER_WITHIN_S: Final = 5.0
MOST_BYTES: Final = 4_000_000
"""Of an answer."""
MOST_REFERENCES: Final = 200
NO_SCHEMA: Final = 40403
"""The registry's own number for a schema that it does not have; any other 404 may come from something in between."""
SETTING: Final = "KAFKA__SCHEMA_REGISTRY"


class SchemaRegistry:
    """The registry of the settings; every question is a request of its own, as a schema is asked for once.

    Raises:
        SettingsError: the settings name no registry, or one that cannot be asked like this.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self.address = kafka.schema_registry.rstrip("/")
        if not self.address:
            raise SettingsError(
                f"{SETTING} is not set; topics in Avro, JSON Schema or Protobuf need it: https://…"
            )
        parts = _split(self.address)
        if parts.username is not None or parts.password is not None:
            raise SettingsError(
                f"{SETTING} holds a user; give {SETTING}_USERNAME and {SETTING}_PASSWORD instead"
            )
        self._host, self._path = parts.netloc, parts.path
        self._tls = _tls(kafka) if parts.scheme == "https" else None
        self._headers = {
            "Accept": "application/vnd.schemaregistry.v1+json, application/json",
            **_credentials(kafka),
        }

    def fetch(self, schema_id: int) -> RegisteredSchema:
        """A schema by its id.

        Raises:
            SchemaUnknown: the registry has none of this id.
            SchemaUnfit: it refers to too much.
            RegistryError: it does not answer, refuses, or gives an unreadable answer.
        """
        path = f"/schemas/ids/{schema_id}"
        found = self._ask(path, schema_id)
        kind = str(found.get("schemaType", "AVRO"))
        if kind == "PROTOBUF":  # Apicurio gives the text of the .proto all the same, if that was registered
            found = self._ask(f"{path}?format=serialized", schema_id)
        references = [] if kind == "JSON" else self._references(found, kind, schema_id, set())
        return RegisteredSchema(schema_id, kind, _text(found, self.address), "", tuple(references))

    def check(self) -> None:
        """Whether it answers and lets us in.

        Raises:
            RegistryError: it does not.
        """
        self._answer("/schemas/types", None)

    def _references(
        self, found: dict[str, Any], kind: str, schema_id: int, asked: set[str]
    ) -> Iterator[RegisteredSchema]:
        """All that a schema refers to by name, each after what it refers to itself."""
        for name, path in _references_of(found, self.address):
            if name in asked:
                continue
            asked.add(name)
            if len(asked) > MOST_REFERENCES:
                raise SchemaUnfit(f"schema {schema_id} refers to more than {MOST_REFERENCES} others")
            referred = self._ask(path + ("?format=serialized" if kind == "PROTOBUF" else ""), schema_id)
            yield from self._references(referred, kind, schema_id, asked)
            yield RegisteredSchema(schema_id, kind, _text(referred, self.address), name)

    def _ask(self, path: str, schema_id: int) -> dict[str, Any]:
        answer = self._answer(path, schema_id)
        if not isinstance(answer, dict):
            raise RegistryError(
                f"{self.address}: the answer to {path} is no JSON object; is this a schema registry?"
            )
        return answer

    def _answer(self, path: str, schema_id: int | None) -> Any:
        status, body = self._get(self._path + path)
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if status == 404 and isinstance(answer, dict) and answer.get("error_code") == NO_SCHEMA:
            raise SchemaUnknown(f"schema {schema_id} is not in the registry at {self.address}")
        if status != 200:
            said = answer.get("message") if isinstance(answer, dict) else None
            raise RegistryError(
                f"{self.address}: {_meaning(status, path)}" + (f" ({str(said)[:200]})" if said else "")
            )
        if answer is None:
            raise RegistryError(
                f"{self.address}: the answer to {path} is no JSON; is this a schema registry?"
            )
        return answer

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = (
            HTTPConnection(self._host, timeout=ANSWER_WITHIN_S)
            if self._tls is None
            else HTTPSConnection(self._host, timeout=ANSWER_WITHIN_S, context=self._tls)
        )
        try:
            connection.request("GET", path, headers=self._headers)
            answer = connection.getresponse()
            body = answer.read(MOST_BYTES + 1)
        except (OSError, HTTPException) as error:
            hint = _hint(error) if self._tls else ""
            raise RegistryError(f"{self.address} does not answer: {error}{hint}") from None
        finally:
            connection.close()
        if len(body) > MOST_BYTES:
            raise RegistryError(f"{self.address}: the answer to {path} is longer than {MOST_BYTES:,} bytes")
        return answer.status, body


def _hint(error: Exception) -> str:
    """Which setting may help, to end a message."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"; see {SETTING}_CA_FILE"
    if isinstance(error, ssl.SSLError | ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return f"; if it asks for a certificate, see {SETTING}_CERTIFICATE_FILE"
    return ""


def _split(address: str) -> SplitResult:
    """The parts of an address; all that would fail only when it is asked is refused here."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port  # the port is read here, and may be none
        if host and host.encode("idna") and parts.path.isascii():
            return parts
    except ValueError:
        pass
    raise SettingsError(f"{SETTING} is no address; write https://host or http://host:port")


def _credentials(kafka: KafkaSettings) -> dict[str, str]:
    user, password = kafka.schema_registry_username, kafka.schema_registry_password
    if (user is None) != (password is None):
        raise SettingsError(f"{SETTING}_USERNAME and {SETTING}_PASSWORD go together; one of them is missing")
    if user is None or password is None:
        return {}
    pair = f"{user}:{password.get_secret_value()}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


def _tls(kafka: KafkaSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=kafka.schema_registry_ca_file)
    except OSError as error:
        file = kafka.schema_registry_ca_file
        raise SettingsError(f"{SETTING}_CA_FILE: {file}: cannot be read: {error.strerror or error}") from None
    try:
        load_certificate(context, kafka, "schema_registry_")
    except OSError as error:
        raise SettingsError(
            f"{SETTING}_CERTIFICATE_FILE, {SETTING}_KEY_FILE, {SETTING}_KEY_PASSWORD: cannot be used: {error}"
        ) from None
    return context


def _meaning(status: int, path: str) -> str:
    if status in {401, 403}:
        return f"refuses with {status}; see {SETTING}_USERNAME and {SETTING}_PASSWORD"
    if status == 404:
        return f"has nothing at {path}; is {SETTING} the address of a schema registry?"
    return f"answers {status} to {path}"


def _references_of(found: dict[str, Any], address: str) -> list[tuple[str, str]]:
    """Name and path of what a schema refers to."""
    try:
        return [
            (
                str(one["name"]),
                f"/subjects/{quote(str(one['subject']), safe='')}/versions/{int(one['version'])}",
            )
            for one in found.get("references") or ()
        ]
    except (KeyError, TypeError, ValueError):
        raise RegistryError(
            f"{address}: an answer with references that have no name, subject or version"
        ) from None


def _text(found: dict[str, Any], address: str) -> str:
    text = found.get("schema")
    if not isinstance(text, str):
        raise RegistryError(f"{address}: an answer without a schema; is this a schema registry?")
    return text
