"""What people type, send and read, listed from the code itself: `python tests/public_surface.py > tests/public_surface.json`.

The committed list is a promise: `test_public_surface.py` fails where something of it is gone.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, get_args

import click
from pydantic import BaseModel

from liftstream.cli.choice import CommandChoice


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Every command with its options and arguments."""
    context = click.Context(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    if isinstance(command, CommandChoice):
        command = command.get_command(context, command.default) or command
    yield " ".join(path), sorted(name for p in command.params for name in (*p.opts, *p.secondary_opts))


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every setting with its default."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper(), str(field.default)


def surface() -> dict[str, Any]:
    """The whole list."""
    from liftstream import experiment, scoring
    from liftstream.cli.app import liftstream
    from liftstream.contracts.settings import Settings
    from liftstream.contracts.side_output import Reason

    return {
        "commands": dict(commands(liftstream, ("liftstream",))),
        "settings": dict(settings(Settings)),
        "reasons": sorted(get_args(Reason)),
        "experiment": sorted(experiment.__all__),
        "scoring": sorted(scoring.__all__),
        "routes": sorted(routes()),
    }


def routes() -> set[str]:
    """Of the platform's API and pages."""
    from liftstream.contracts.settings import load_settings
    from liftstream.platform import app
    from liftstream.platform.ingest.original import load_original
    from liftstream.platform.service import PlatformService

    configured = load_settings(overrides={"PLATFORM__DATABASE": "sqlite://"})
    service = PlatformService(configured, load_original())
    made = app.create_app(service)
    paths = made.openapi()["paths"]
    service.close()
    documented = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    plain = {f"{m} {r.path}" for r in made.routes for m in getattr(r, "methods", None) or ()}
    return documented | plain


if __name__ == "__main__":
    json.dump(surface(), sys.stdout, indent=1, sort_keys=True)
    print()
