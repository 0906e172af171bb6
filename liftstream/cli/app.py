"""`liftstream`: the group that knows every command and imports none until it is called.

An error of ours ends as one line on stderr and the exit code it carries; that happens here and nowhere else.
"""

import errno
import os
import re
import sys
from importlib import import_module

import click

from liftstream import __version__
from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.typed_numbers import meant_numbers

COMMANDS = {
    # name: (module below liftstream.cli, line in --help)
    "demo": ("demo", "A complete run on an embedded broker that ends with a verdict."),
    "run": ("pipeline.run", "Run one pipeline worker in the foreground."),
    "flink": ("pipeline.flink", "The same pipeline on Apache Flink."),
    "train": ("train", "Train, evaluate and export the models."),
    "score": ("model.score", "Score a CSV or Parquet file with a PMML model."),
    "stream": ("stream", "Stream definitions: write a first one from topics, check one on records."),
    "model": ("model", "Show what a model needs and gives, check it, and write its card."),
    "sample-size": ("experiment.sample_size", "Clients per arm, from effect, sd, alpha and power."),
    "power": ("experiment.sample_size", "Power, from effect, sd, alpha and clients per arm."),
    "effect": ("experiment.sample_size", "Smallest effect found, from sd, alpha, power and clients per arm."),
    "significance": (
        "experiment.sample_size",
        "Significance level, from effect, sd, power and clients per arm.",
    ),
    "plan": (
        "experiment.plan",
        "Plan an experiment with interim looks: bounds, largest and expected number of clients.",
    ),
    "analyze": ("experiment.analyze", "Evaluate an experiment from a file of clients."),
    "simulate": ("experiment.simulate", "Measure the error rate and the power of a plan."),
    "bandit": ("bandit", "Bandit policies: compare them, evaluate them from a log, fit their priors."),
    "platform": ("platform", "The A/B platform: page and API."),
    "similar-ads": ("similar_ads", "The similar-ads service, ranked by a live bandit."),
    "spending": ("spending", "The spending service: who will spend more, and which model predicts it best."),
    "shop": ("shop", "The simulated shop and its enrichers, against a broker and a platform."),
    "broker": ("pipeline.broker", "A local Kafka in the foreground, with the topics of the settings."),
    "side-output": (
        "pipeline.side_output",
        "Records without a prediction: count them by reason, send them again.",
    ),
    "similar-items": ("similar_items", "Similar titles, from a trained snapshot."),
    "prove": ("prove", "Fault-injection tests of real workers on a real Kafka."),
    "topics": ("pipeline.topics", "Create the topics that are missing on the broker of the settings."),
    "doctor": ("pipeline.doctor", "Check broker, topics, rights and model, and say what to do."),
}


NUMBER = r"\d*\.?\d+"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What a disk says that cannot take what was sent to a file."""


class LazyGroup(click.Group):
    """A group whose `--help` needs no command's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"liftstream.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "; 'liftstream --help' lists them"
            raise click.UsageError(f"no such command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(__version__, prog_name="liftstream")
def liftstream() -> None:
    """Decide on Kafka which clients see an offer, and prove that it pays."""


def _meant(error: click.ClickException) -> str:
    """What may have been meant by an option's number that could not be read."""
    found = re.match(r"'(.*)' is not a valid (?:float|integer)", error.message)
    if found is None:
        return ""
    text = found.group(1)
    if share := re.fullmatch(r"([0-9.,]+) ?%", text):
        number = (*meant_numbers(share.group(1)), share.group(1))[0]
        return f" Write {float(number) / 100:g} for {text}." if re.fullmatch(NUMBER, number) else ""
    meant = meant_numbers(text)
    return f" Write {' or '.join(meant)}: the decimal mark is a point." if meant else ""


def _write_what_the_terminal_can() -> None:
    """Signs that the encoding of an output lacks become question marks, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")


def _give_up_output() -> None:
    """Nothing more can be written to stdout, nor need be said at the end of the process."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> None:
    """The console script."""
    _write_what_the_terminal_can()
    try:
        liftstream.main(standalone_mode=False, prog_name="liftstream")
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.message += _meant(error)
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("liftstream: stopped", err=True)
        sys.exit(130)
    except LiftstreamError as error:
        click.echo(f"liftstream: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left: nothing to say to anybody
        sys.exit(1)
    except OSError as error:
        if error.errno not in NO_ROOM or error.filename is not None:
            raise
        _give_up_output()
        click.echo(
            f"liftstream: the output cannot be written: {error.strerror}; send it elsewhere or make room",
            err=True,
        )
        sys.exit(1)
