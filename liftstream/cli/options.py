"""Options and output that commands share."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from liftstream.contracts.whole_file import to_json

if TYPE_CHECKING:
    from liftstream.streams.definition import Stream

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[..., Any]
"""What `click.option` gives: it adds an option to a command."""

PATH: Final = click.Path(path_type=Path)
EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
TABLE: Final = click.Path(exists=True, allow_dash=True)
"""A file, `-` for standard input, or a folder of Parquet files."""

SERVER: Final = {"platform": ("alembic", "confluent_kafka", "fastapi", "sqlalchemy", "uvicorn")}
"""What a web service needs, as `require` takes it."""


class FiniteRange(click.FloatRange):
    """A range of numbers that refuses nan and inf, too: click's own lets nan pass every bound."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number.

        Raises:
            click.BadParameter: it is not finite, or out of the range.
        """
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def with_options(command: Command, options: Sequence[Option]) -> Command:
    """Adds options, which `--help` lists in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def by_name(example: str, values: Sequence[str]) -> dict[str, str]:
    """What was given as NAME=VALUE, by name; `example` is one for the message.

    >>> by_name("A=1", ["B=2"])
    {'B': '2'}
    """
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"{name!r}: write NAME=VALUE, for example {example}")
    return {name: value for name, _, value in pairs}


def settings_options(command: Command) -> Command:
    """Adds `--settings FILE` and `--set NAME=VALUE`, which arrive as `settings_file` and `overrides` of
    `load_settings`."""
    file = click.option("--settings", "settings_file", type=PATH, help="YAML file of settings.")
    one = click.option(
        "--set",
        "overrides",
        multiple=True,
        callback=lambda _context, _option, values: by_name("PIPELINE__PORT=8082", values),
        metavar="NAME=VALUE",
        help="One setting, e.g. KAFKA__BOOTSTRAP=host:9092.",
    )
    return file(one(command))


def stream_option(command: Command) -> Command:
    """Adds `--stream FILE`, which arrives as `stream_file` of `load_named_stream`."""
    return click.option(
        "--stream",
        "stream_file",
        type=PATH,
        metavar="FILE",
        help="Stream definition; default: that of PIPELINE__STREAM.",
    )(command)


def load_named_stream(file: Path | None) -> "Stream":
    """The stream that a file defines, with what the settings say of it; default: the one of the settings."""
    from liftstream.contracts.settings import load_settings
    from liftstream.streams.loading import load_stream

    return load_stream(load_settings(), file)


def seed_option(default: int, text: str | None = None) -> Callable[[Command], Command]:
    """Adds `--seed`; `text` says of what."""
    return click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=default, help=text)


def with_given(overrides: dict[str, str], **given: object) -> dict[str, str]:
    """The overrides, with settings that have an option of their own, where it was given."""
    return {**overrides, **{name: str(value) for name, value in given.items() if value is not None}}


def json_option(command: Command) -> Command:
    """Adds `--json`: one JSON document on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def print_json(document: Any) -> None:
    """Prints `document` as JSON on stdout."""
    click.echo(to_json(document), nl=False)
