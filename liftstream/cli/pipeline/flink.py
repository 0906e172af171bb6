"""`liftstream flink install | run | package | size`: the same pipeline on Apache Flink."""

import sys
from pathlib import Path

import click

from liftstream.cli.options import PATH, FiniteRange, by_name, json_option, print_json, settings_options
from liftstream.cli.pipeline.run import end_when_told
from liftstream.contracts.settings import FILE_VARIABLE, PREFIX, load_settings


@click.group()
def flink() -> None:
    """The same pipeline on Apache Flink: same topics, same model, same bytes."""


@flink.command()
def install() -> None:
    """Create the job's environment, once: PyFlink, Flink's Kafka connector, the join.

    Downloads about 850 MB to your cache folder. Needs a JDK of version 17 to 21 and Maven.
    """
    from pipeline.flink.installation import install as install_flink

    installation = install_flink(lambda text: click.echo(text, err=True))
    click.echo(installation.python)


@flink.command()
@settings_options
@click.option("--parallelism", type=click.IntRange(1), default=1, help="Slots that share the work.")
@click.option(
    "--exactly-once",
    is_flag=True,
    help="Write answers in transactions: visible after a checkpoint, never twice.",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    callback=lambda _context, _option, values: by_name("state.backend.type=rocksdb", values),
    metavar="NAME=VALUE",
    help="One of Flink's own options.",
)
def run(
    settings_file: Path | None,
    overrides: dict[str, str],
    parallelism: int,
    exactly_once: bool,
    options: dict[str, str],
) -> None:
    """Run the job on a mini cluster in the foreground, for a first try.

    SIGTERM or Ctrl-C stop it. When it is started again it continues from its last checkpoint, in PIPELINE__STATE.
    Flink's own web page is at PIPELINE__HOST and PIPELINE__PORT, its log next to the checkpoints.
    """
    end_when_told()
    settings = load_settings(settings_file, overrides)
    from liftstream.service.logs import set_up_logs
    from pipeline.flink.embedded import EmbeddedJob
    from pipeline.flink.installation import find_installation
    from pipeline.flink.preflight import checked_plan

    set_up_logs()
    installation = find_installation()
    checked_plan(settings, exactly_once=exactly_once)
    named = dict(overrides)
    if settings_file is not None:
        named[FILE_VARIABLE.removeprefix(PREFIX)] = str(settings_file.resolve())
    arguments = [f"--parallelism={parallelism}", *(["--exactly-once"] if exactly_once else [])]
    with EmbeddedJob(installation, settings, named, arguments, options) as job:
        click.echo(
            f"liftstream: Flink's page is {job.url}, log and checkpoints are in {job.folder}", err=True
        )
        sys.exit(
            job.wait(
                lambda reason: click.echo(f"liftstream: the job failed and starts again: {reason}", err=True)
            )
        )


@flink.command()
@settings_options
@click.option("--out", type=PATH, default=Path("flink-job"), help="Folder.")
@click.option(
    "--with-environment", is_flag=True, help="Also pack the Python environment, for -pyarch (175 MB)."
)
def package(settings_file: Path | None, overrides: dict[str, str], out: Path, with_environment: bool) -> None:
    """Write everything that a cluster needs into a folder: code, jars, model, stream definition, lock file and submit.sh.

    It contains no secrets: token and passwords come from the settings of the user who runs submit.sh.
    """
    settings = load_settings(settings_file, overrides)
    from liftstream.contracts.places import find_model, find_stream
    from pipeline.flink.installation import find_installation
    from pipeline.flink.package import write_package

    model, stream = find_model(settings.pipeline.model), find_stream(settings.pipeline.stream)
    for path in write_package(out, find_installation(), model, stream, with_environment=with_environment):
        click.echo(path)


@flink.command()
@click.option("--pairs-per-s", type=FiniteRange(1, 1e8), required=True, help="Pairs per second at the peak.")
@click.option("--window-s", type=FiniteRange(0.001, 86_400), default=3.0, help="Window of the join.")
@click.option(
    "--cpu-ms", type=FiniteRange(0.001, 1000), help="CPU time of a slot per pair; default: as measured."
)
@click.option(
    "--most-load",
    type=FiniteRange(0.05, 1),
    default=0.7,
    help="Largest share of the CPU that is used at the peak.",
)
@click.option(
    "--outage-s", type=FiniteRange(0, 86_400), default=60.0, help="Length of an outage at the peak."
)
@click.option("--catch-up-s", type=FiniteRange(1, 86_400), default=600.0, help="Time to catch up after it.")
@json_option
def size(
    pairs_per_s: float,
    window_s: float,
    cpu_ms: float | None,
    most_load: float,
    outage_s: float,
    catch_up_s: float,
    as_json: bool,
) -> None:
    """Compute slots, partitions and memory for a rate of pairs."""
    from pipeline.flink.sizing import CPU_MS_A_PAIR
    from pipeline.flink.sizing import size as size_of

    cpu_ms_a_pair = CPU_MS_A_PAIR if cpu_ms is None else cpu_ms
    found = size_of(
        pairs_per_s,
        window_s,
        cpu_ms_a_pair=cpu_ms_a_pair,
        most_load=most_load,
        outage_s=outage_s,
        catch_up_s=catch_up_s,
    )
    if as_json:
        print_json(found.to_dict())
        return
    click.echo(
        f"{pairs_per_s:,.0f} pairs/s need {found.cores:,.1f} cores at {cpu_ms_a_pair:g} ms a pair:"
        f" {found.slots:,} slots of a core, and as many partitions of each topic"
    )
    click.echo(
        f"up to {found.waiting:,} halves wait ({found.state_mb:,.0f} MB of state); {found.memory_mb / 1000:,.1f} GB in all"
        f" task managers; {found.network_mb_per_s:,.0f} MB/s from Kafka"
    )
