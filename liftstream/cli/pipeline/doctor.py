"""`liftstream doctor`: checks everything a worker needs, one line each, and says what to do on each failure."""

import sys
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liftstream.cli.options import json_option, print_json, settings_options
from liftstream.contracts.connection import host_and_port
from liftstream.contracts.settings import Settings, load_settings, set_in

if TYPE_CHECKING:
    from liftstream.broker.diagnosis import Finding

MARKS = {"ok": ("ok", "green"), "failed": ("FAILED", "red"), "skipped": ("skipped", "yellow")}
WITHIN_S = 5.0


@click.command()
@settings_options
@json_option
def doctor(settings_file: Path | None, overrides: dict[str, str], as_json: bool) -> None:
    """Check broker, topics, rights, partitions, group, model, folders and platform.

    Prints one line for each check; a failed one says what to do. Changes nothing. The exit code is 1 if a check failed.
    """
    settings = load_settings(settings_file, overrides)
    from liftstream.service.logs import silence_logs

    silence_logs()
    findings = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            _print(finding)
    failed = [finding.check for finding in findings if finding.status == "failed"]
    if as_json:
        print_json({"ok": not failed, "checks": [finding.to_dict() for finding in findings]})
    elif not failed:
        click.echo("All checks passed. Next: liftstream run")
    if failed:
        click.echo(
            f"liftstream: {len(failed)} of {len(findings)} checks failed: {', '.join(failed)}", err=True
        )
        sys.exit(1)


def examine(settings: Settings) -> Iterator["Finding"]:
    """Every check, in the order in which one would look oneself."""
    from pipeline.doctor import (
        check_broker,
        check_fit,
        check_folders,
        check_group,
        check_model,
        check_registry,
        check_settings,
        check_stream,
    )

    defined, stream = check_stream(settings)
    own = check_settings(settings, stream)
    yield from (*own, defined)
    counts: dict[str, int] = {}
    if own[0].status == "ok":
        found, counts = check_broker(settings, stream)
        yield from found
    yield from check_registry(settings, stream)
    yield from check_group(settings, counts, stream)
    yield check_model(settings, stream)
    yield check_fit(settings, stream)
    yield from check_folders(settings, stream)
    yield check_platform(settings)


def check_platform(settings: Settings) -> "Finding":
    """Whether the platform answers where the settings say it is."""
    from liftstream.broker.diagnosis import Finding

    if not (set_in(settings, "PLATFORM__HOST") or set_in(settings, "PLATFORM__PORT")):
        return Finding(
            "platform",
            "skipped",
            "not asked, as a worker needs none; set PLATFORM__HOST or PLATFORM__PORT to ask it",
        )
    url = f"http://{host_and_port(settings.platform.host, settings.platform.port)}/live"
    try:
        _get(url)
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or error
        return Finding(
            "platform",
            "failed",
            f"{url}: {why}; start 'liftstream platform', or set PLATFORM__HOST and _PORT",
        )
    return Finding("platform", "ok", f"{url} answers")


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=WITHIN_S) as answer:  # noqa: S310  # http, and an address of the settings
        body: bytes = answer.read()
        return body


def _print(finding: "Finding") -> None:
    word, colour = MARKS[finding.status]
    said = finding.said.replace("\n", "\n" + " " * 20)
    click.echo(f"{click.style(f'{word:<8}', fg=colour)}{finding.check:<12}{said}")
