"""What people type, send and read, listed from the code itself: `python -m tests.public_surface > list.json`.

The committed list is a promise: `test_public_surface.py` fails where something of it is gone.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import click
from fastapi import FastAPI
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
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
    from liftstream import bandits, experiment, scoring
    from liftstream.cli.app import liftstream
    from liftstream.contracts.settings import Settings
    from liftstream.contracts.side_output import Reason

    return {
        "commands": dict(commands(liftstream, ("liftstream",))),
        "settings": dict(settings(Settings)),
        "reasons": sorted(get_args(Reason)),
        "bandits": sorted(bandits.__all__),
        "experiment": sorted(experiment.__all__),
        "scoring": sorted(scoring.__all__),
        **served(),
        "worker metrics": metric_names(worker_metrics()),
    }


def served() -> dict[str, list[str]]:
    """Routes of the services that answer HTTP, pages among them, and the platform's metrics."""
    from liftstream.contracts.settings import load_settings
    from liftstream.platform import app as platform
    from liftstream.platform.ingest.original import load_original
    from liftstream.platform.metrics import registry_of
    from liftstream.platform.service import PlatformService
    from liftstream.similar_ads import app as similar_ads
    from liftstream.spend.http import app as spending
    from liftstream.spend.service import SpendingService

    names = {"PLATFORM__DATABASE": "sqlite://", "SPENDING__DATABASE": "sqlite://"}
    configured = load_settings(overrides=names)
    unused: Any = None  # what its routes call when they are asked
    with (
        closing(PlatformService(configured, load_original())) as service,
        closing(SpendingService(configured.spending)) as forecasts,
    ):
        return {
            "routes": routes(platform.create_app(service)),
            "similar ads' routes": routes(similar_ads.create_app(unused)),
            "spending routes": routes(spending.create_app(forecasts)),
            "platform metrics": metric_names(generate_latest(registry_of(service))),
        }


def routes(app: FastAPI) -> list[str]:
    """Of the API and of the pages, which no document names."""
    paths = app.openapi()["paths"]
    documented = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    return sorted(documented | set(plain_routes(app.routes)))


def plain_routes(found: Iterable[Any]) -> Iterator[str]:
    """With those of the routers that were included."""
    for route in found:
        yield from (f"{method} {route.path}" for method in getattr(route, "methods", None) or ())
        if router := getattr(route, "original_router", None):
            yield from plain_routes(router.routes)


def worker_metrics() -> bytes:
    """`/metrics` of a worker that has read nothing."""
    from pipeline.monitoring.health import Health
    from pipeline.monitoring.metrics import render
    from tests.pipeline.offline import worker_in

    with TemporaryDirectory() as folder:
        worker, _ = worker_in(Path(folder))
        return render(Health(worker))


def metric_names(text: bytes) -> list[str]:
    """Families of ours, without the suffixes of their samples."""
    names = (family.name for family in text_string_to_metric_families(text.decode()))
    return sorted(name for name in names if name.startswith("liftstream_"))


if __name__ == "__main__":
    json.dump(surface(), sys.stdout, indent=1, sort_keys=True)
    print()
