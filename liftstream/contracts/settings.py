"""Settings of every process: one tree, read once at start.

Order: command line, environment (`LIFTSTREAM_<SECTION>__<NAME>`), `.env`, the YAML file of `--settings` or
`LIFTSTREAM_SETTINGS`, defaults. A secret `X` may come from a file by `X_FILE`. docs/settings.md lists them all.
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from liftstream.contracts.errors import SettingsError

PREFIX = "LIFTSTREAM_"
FILE_VARIABLE = PREFIX + "SETTINGS"
NOT_YAML = yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError
"""What PyYAML raises for a text that it cannot read; Python's own errors where a date or a tag is none."""
USER_IN_URL = re.compile(r"//[^/\s]*@")


class Section(BaseModel):
    """A part of the tree; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KafkaSettings(Section):
    """How to reach the broker, and what the topics are called there."""

    bootstrap: str = Field(
        "localhost:9092", min_length=1, description="one or more addresses, separated by commas"
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = Field(None, description="CA certificates for the broker's certificate")
    certificate_file: Path | None = Field(None, description="this client's certificate")
    key_file: Path | None = Field(None, description="this client's private key")
    key_password: SecretStr | None = Field(None, description="of that key, where it is encrypted")
    schema_registry: str = Field(
        "",
        pattern=r"^$|^https?://",
        description="address of the schema registry, for topics in Avro, JSON Schema or Protobuf",
    )
    schema_registry_username: str | None = None
    schema_registry_password: SecretStr | None = None
    schema_registry_ca_file: Path | None = Field(
        None, description="CA certificates for the registry's certificate"
    )
    schema_registry_certificate_file: Path | None = Field(
        None, description="this client's certificate for the registry"
    )
    schema_registry_key_file: Path | None = Field(None, description="the private key of that certificate")
    schema_registry_key_password: SecretStr | None = Field(
        None, description="of that key, where it is encrypted"
    )
    topic_demographic: str = Field("topic_demographic", min_length=1)
    topic_historic: str = Field("topic_historic", min_length=1)
    topic_prediction: str = Field("topic_student_prediction", min_length=1)
    topic_session: str = Field("topic_session", min_length=1)
    topic_decision: str = Field("topic_decision", min_length=1)
    topic_revenue: str = Field("topic_revenue", min_length=1)
    topic_similar_items: str = Field("topic_similar_items", min_length=1)
    topic_choice: str = Field("topic_choice", min_length=1)
    topic_impression: str = Field("topic_impression", min_length=1)
    topic_outcome: str = Field("topic_outcome", min_length=1)


class PipelineSettings(Section):
    """One pipeline worker."""

    group: str = Field(
        "liftstream", min_length=1, description="consumer group; workers of one group share the topics"
    )
    model: Path = Field(Path("pmml/cross_selling.pmml"), description="reloaded when the file is replaced")
    stream: Path = Field(
        Path("config/silocompro.yaml"), description="what is read, joined and answered: a stream definition"
    )
    threshold: float | None = Field(
        None, allow_inf_nan=False, description="score from which a client is shown; default: the model card's"
    )
    token: SecretStr | None = Field(
        None,
        description="identifies the candidate for the A/B platform; required by 'run' if answers hold it",
    )
    join_window_s: float = Field(
        3.0, ge=0.001, le=86_400, description="how far apart the halves of a pair may be"
    )
    max_waiting: int = Field(
        200_000, ge=2, le=50_000_000, description="halves that wait for their partner at most"
    )
    side_output: str = Field("side-output/", min_length=1, description="folder, or 'topic:<name>'")
    state: Path = Field(Path("state/"), description="small files that avoid repeated answers after a restart")
    isolation_level: Literal["read_committed", "read_uncommitted"] = Field(
        "read_committed", description="whether records of open and aborted transactions are left out"
    )
    allowed_lateness_s: float = Field(
        0.0, ge=0, le=86_400, description="how far behind the watermark a half may come and still be joined"
    )
    start: Literal["earliest", "latest"] = Field(
        "earliest", description="where a group without commits begins"
    )
    host: str = "127.0.0.1"
    blas_threads: int = Field(
        1, ge=1, le=1024, description="linear algebra threads; more workers use several cores better"
    )
    port: int = Field(
        8081, ge=0, le=65_535, description="/live, /ready, /metrics; if it is in use, the next free port"
    )


class PlatformSettings(Section):
    """The A/B platform."""

    database: str = "sqlite:///liftstream.db"
    patience_s: float = Field(1.0, gt=0, le=3600, description="how long a page waits for a prediction")
    money_within_s: float = Field(
        1800.0,
        gt=0,
        le=2_592_000,
        description="how long after the last planned client money and outcomes still count",
    )
    id_type: Literal["integer", "text", "uuid"] = Field("integer", description="what clients' ids are")
    original: Literal["rule", "none"] = Field(
        "rule", description="what decides for the original's arm: the shop's rule on age and sex, or nothing"
    )
    host: str = "127.0.0.1"
    blas_threads: int = Field(1, ge=1, le=1024, description="linear algebra threads")
    port: int = Field(8000, ge=0, le=65_535)
    admin_password: SecretStr | None = None
    secret: SecretStr | None = None


class SpendingSettings(Section):
    """The spending service."""

    database: str = "sqlite:///spending.db"
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)
    api_key: SecretStr | None = Field(None, description="key that callers send; required on another host")
    models: Path = Field(Path("pmml/"), description="folder of the trained models and their cards")
    split: str = Field("A=0.5,B=0.5", min_length=3, description="share of the users that each model serves")
    body_most_mb: int = Field(
        16, ge=1, le=256, description="largest request body, in units of 1,000,000 bytes"
    )


class SimilarAdsSettings(Section):
    """The similar-ads service."""

    database: str = "sqlite:///similar_ads.db"
    port: int = Field(8090, ge=0, le=65_535)
    platform: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^/@]+(/[^@]*)?$",
        description="address of the platform that runs the bandit",
    )
    platform_key: SecretStr | None = Field(None, description="API key for a platform with a password")
    bandit: str = Field("", max_length=64, description="its id; empty: one fixed configuration")
    journal: Path = Path("similar-ads-journal")


class ScoringSettings(Section):
    """Reading models, in every process."""

    model_most_mb: int = Field(
        50, ge=50, le=4_000, description="largest model file, in units of 1,000,000 bytes"
    )


class Settings(Section):
    """The whole tree."""

    kafka: KafkaSettings = KafkaSettings()
    pipeline: PipelineSettings = PipelineSettings()
    platform: PlatformSettings = PlatformSettings()
    spending: SpendingSettings = SpendingSettings()
    similar_ads: SimilarAdsSettings = SimilarAdsSettings()
    scoring: ScoringSettings = ScoringSettings()


def load_settings(
    file: Path | None = None,
    overrides: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Reads the tree.

    Args:
        file: the YAML file; default: the one that LIFTSTREAM_SETTINGS names, if any.
        overrides: settings of the command line by their names, `{"PIPELINE__PORT": "0"}`.
        environment: default: the process's own, with `.env` of the current folder below it.

    Raises:
        SettingsError: an unknown name (the nearest is suggested), or a value that is not accepted.
    """
    dotenv = _of_dotenv(Path(".env")) if environment is None else {}
    given = os.environ if environment is None else environment
    named = given.get(FILE_VARIABLE, dotenv.get(FILE_VARIABLE))
    file = file or (Path(named) if named else None)
    layers = [(str(file), _read_file(file))] if file else []
    layers += [(".env", _of_environment(dotenv)), ("environment", _of_environment(given))]
    layers.append(("command line", dict(overrides or {})))
    found: dict[tuple[str, str], Given] = {}
    for source, values in layers:
        for name, value in values.items():
            found[_place_of(name, source)] = Given(source, name, value)
    tree: dict[str, dict[str, Any]] = {}
    for (section, field), one in found.items():
        tree.setdefault(section, {})[field] = one.read(field)
    return _validated(tree, {f"{section}.{field}": one for (section, field), one in found.items()})


def set_in(settings: Settings, name: str) -> bool:
    """Whether the setting `SECTION__NAME` was given by the user, not left at its default."""
    section, field = name.lower().split("__")
    return field in getattr(settings, section).model_fields_set


class Given(NamedTuple):
    """A value as it was given, and where: only what nothing else overrides is read."""

    source: str
    name: str
    value: Any

    def read(self, field: str) -> Any:
        """The value of a field; that in the file which `X_FILE` names."""
        if self.name.lower().endswith(f"__{field}"):
            return self.value
        return _read_text(Path(str(self.value)), f"{self.source}: {self.name}: {self.value}:").strip()


def _validated(tree: dict[str, dict[str, Any]], origin: Mapping[str, Given]) -> Settings:
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError("; ".join(_describe(problem, origin) for problem in error.errors())) from None


def _describe(problem: Any, origin: Mapping[str, Given]) -> str:
    section, field = (str(part) for part in problem["loc"][:2])
    value = USER_IN_URL.sub("//***@", repr(problem["input"]))
    shown = "" if _is_secret(section, field) else f" {value} is not accepted"
    said = problem["msg"][0].lower() + problem["msg"][1:]
    return f"{origin[f'{section}.{field}'].source}: {section.upper()}__{field.upper()}:{shown}: {said}"


def _read_text(file: Path, called: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "not text in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise SettingsError(f"{called} cannot be read: {why}") from None


def _of_dotenv(file: Path) -> dict[str, str]:
    text = _read_text(file, f"{file}:") if file.is_file() or file.is_fifo() else ""
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}


def _read_file(file: Path) -> dict[str, Any]:
    text = _read_text(file, f"{file}: the settings file")
    try:
        content = yaml.safe_load(text) or {}
    except NOT_YAML as error:
        raise SettingsError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise SettingsError(
            f"{file}: a settings file holds sections ({', '.join(_sections())}) with names below them"
        )
    values = {
        f"{section}__{field}": value for section, fields in content.items() for field, value in fields.items()
    }
    for name, value in values.items():  # a list of aliases is small, and endless as soon as somebody shows it
        if isinstance(value, dict | list):
            raise SettingsError(f"{file}: {name.upper()}: a single value is accepted, not several")
    return values


def _of_environment(environment: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != FILE_VARIABLE and (value or not name.endswith("_FILE"))
    }  # an empty ..._FILE names no file: Compose passes on what .env does not have
    return {name.removeprefix(PREFIX): value for name, value in found.items()}


def _place_of(name: str, source: str) -> tuple[str, str]:
    """The section and the field that `name` stands for; a secret's `X_FILE` stands for X."""
    section, _, field = name.lower().partition("__")
    if field in _fields(section):
        return section, field
    secret = field.removesuffix("_file")
    if field.endswith("_file") and _is_secret(section, secret):
        return section, secret
    raise SettingsError(f"{source}: unknown setting {name}{_nearest(name)}")


def _sections() -> list[str]:
    return list(Settings.model_fields)


def _fields(section: str) -> dict[str, Any]:
    known = Settings.model_fields.get(section)
    return {} if known is None or known.annotation is None else known.annotation.model_fields


def _is_secret(section: str, field: str) -> bool:
    info = _fields(section).get(field)
    return info is not None and "SecretStr" in str(info.annotation)


def setting_names() -> list[str]:
    """Every name, `SECTION__NAME`."""
    return [f"{section}__{field}".upper() for section in _sections() for field in _fields(section)]


def _nearest(name: str) -> str:
    near = get_close_matches(name.upper(), setting_names(), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known are: {', '.join(setting_names())}"
