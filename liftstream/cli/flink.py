"""`liftstream flink install | run | package`: the same pipeline on Apache Flink."""

import sys
from pathlib import Path

import click

from liftstream.cli.options import settings_options
from liftstream.cli.run import end_when_told
from liftstream.contracts.settings import FILE_VARIABLE, PREFIX, load_settings


@click.group()
def flink() -> None:
    """The same pipeline on Apache Flink: same topics, same model, same bytes."""


@flink.command()
def install() -> None:
    """Make the environment that the job needs, once: PyFlink, Flink's Kafka connector, the join.

    About 850 MB in the user's cache folder, from the network; needs a JDK of version 17 to 21 and Maven.
    """
    from pipeline.flink.installation import install as install_flink

    installation = install_flink(lambda text: click.echo(text, err=True))
    click.echo(installation.python)


def _options(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:  # noqa: ARG001
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"{name!r}: write NAME=VALUE, for example state.backend.type=rocksdb")
    return {name: value for name, _, value in pairs}


@flink.command()
@settings_options
@click.option(
    "--parallelism", type=click.IntRange(1), default=1, show_default=True, help="Slots that share the work."
)
@click.option(
    "--exactly-once", is_flag=True, help="Answers in transactions: seen after a checkpoint, never twice."
)
@click.option(
    "--option", "options", multiple=True, callback=_options, metavar="NAME=VALUE", help="One of Flink's own."
)
def run(
    settings_file: Path | None,
    overrides: dict[str, str],
    parallelism: int,
    exactly_once: bool,
    options: dict[str, str],
) -> None:
    """The job on a mini cluster in the foreground, for trying.

    SIGTERM or Ctrl-C stop it; started again it goes on from its last checkpoint, in PIPELINE__STATE. Flink's own page is on
    PIPELINE__HOST and PIPELINE__PORT, its log beside the checkpoints.
    """
    end_when_told()
    settings = load_settings(settings_file, overrides)
    from pipeline.flink.embedded import EmbeddedJob
    from pipeline.flink.installation import find_installation
    from pipeline.flink.preflight import checked_plan

    installation = find_installation()
    checked_plan(settings, exactly_once=exactly_once)
    named = dict(overrides)
    if settings_file is not None:
        named[FILE_VARIABLE.removeprefix(PREFIX)] = str(settings_file.resolve())
    arguments = [f"--parallelism={parallelism}", *(["--exactly-once"] if exactly_once else [])]
    with EmbeddedJob(installation, settings, named, arguments, options) as job:
        click.echo(f"liftstream: log and checkpoints are in {job.folder}", err=True)
        sys.exit(job.wait())


@flink.command()
@settings_options
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("flink-job"), show_default=True, help="Folder."
)
@click.option(
    "--with-environment", is_flag=True, help="Python with all that is locked besides, for -pyarch (250 MB)."
)
def package(settings_file: Path | None, overrides: dict[str, str], out: Path, with_environment: bool) -> None:
    """Write all that a cluster needs into a folder: code, jars, model, lock and submit.sh.

    Nothing secret is in it: token and passwords are settings of whoever runs submit.sh.
    """
    settings = load_settings(settings_file, overrides)
    from liftstream.contracts.places import find_model
    from pipeline.flink.installation import find_installation
    from pipeline.flink.package import write_package

    model = find_model(settings.pipeline.model)
    for path in write_package(out, find_installation(), model, with_environment=with_environment):
        click.echo(path)
