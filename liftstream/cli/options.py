"""Options and output that commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from liftstream.streams.definition import Stream

F = TypeVar("F", bound=Callable[..., Any])

SERVER: Final = {"platform": ("alembic", "confluent_kafka", "fastapi", "sqlalchemy", "uvicorn")}
"""What a web service needs, as `require` takes it."""


def _overrides(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:  # noqa: ARG001
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"{name!r}: write NAME=VALUE, for example PIPELINE__PORT=8082")
    return {name: value for name, _, value in pairs}


def settings_options(command: F) -> F:
    """Adds `--settings FILE` and `--set NAME=VALUE`, which arrive as `settings_file` and `overrides` of `load_settings`."""
    file = click.option(
        "--settings", "settings_file", type=click.Path(path_type=Path), help="YAML file of settings."
    )
    one = click.option(
        "--set",
        "overrides",
        multiple=True,
        callback=_overrides,
        metavar="NAME=VALUE",
        help="One setting, e.g. KAFKA__BOOTSTRAP=host:9092.",
    )
    return file(one(command))


def stream_option(command: F) -> F:
    """Adds `--stream FILE`, which arrives as `stream_file` of `load_named_stream`."""
    return click.option(
        "--stream",
        "stream_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Stream definition; default: that of PIPELINE__STREAM.",
    )(command)


def load_named_stream(file: Path | None) -> "Stream":
    """The stream that a file defines, with what the settings say of it; default: the one of the settings."""
    from liftstream.contracts.settings import load_settings
    from liftstream.streams.loading import load_stream

    return load_stream(load_settings(), file)


def seed_option(default: int, text: str | None = None) -> Callable[[F], F]:
    """Adds `--seed`; `text` says of what."""
    return click.option(
        "--seed", type=click.IntRange(0, 2**32 - 1), default=default, show_default=True, help=text
    )


def with_given(overrides: dict[str, str], **given: object) -> dict[str, str]:
    """The overrides, with settings that have an option of their own, where it was given."""
    return {**overrides, **{name: str(value) for name, value in given.items() if value is not None}}


def json_option(command: F) -> F:
    """Adds `--json`: one JSON document on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def print_json(document: Any) -> None:
    """Prints `document` as JSON on stdout."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
