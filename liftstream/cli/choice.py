"""A command with a choice: `liftstream train [MODEL]`, `liftstream demo [STORY]`; each choice is imported when it is
called."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class CommandChoice(click.Group):
    """A group that runs its first subcommand where none is named.

    Args:
        choices: name -> (module that holds the command, line in `--help`); the command is the module's attribute with
            the name of the module's last part.
        argument: what a choice is called in `--help`, such as MODEL.
    """

    def __init__(self, *, choices: Mapping[str, tuple[str, str]], argument: str, **kwargs: Any) -> None:
        kwargs["subcommand_metavar"] = f"[{argument}] [OPTIONS]"
        super().__init__(**kwargs)
        self.choices, self.argument = choices, argument
        self.default = next(iter(choices))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.choices)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.choices:
            return None
        module = self.choices[cmd_name][0]
        command: click.Command = getattr(import_module(module), module.rpartition(".")[2])
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_for_help = bool(args) and args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if asks_for_help else self._named(args))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        args = self._named(args)
        if args[0] not in self.choices:
            raise click.UsageError(
                f"no {self.argument.lower()} {args[0]!r}; there are {', '.join(self.choices)}", ctx
            )
        return super().resolve_command(ctx, args)

    def _named(self, args: list[str]) -> list[str]:
        """The arguments with the default choice where they begin with none."""
        return args if args and not args[0].startswith("-") else [self.default, *args]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(f"{self.argument}, by default {self.default}"):
            formatter.write_dl([(name, line) for name, (_, line) in self.choices.items()])
        with formatter.section(f"Options of {self.default}"):
            formatter.write_dl(self._default_options(ctx))

    def _default_options(self, ctx: click.Context) -> list[tuple[str, str]]:
        command = self.get_command(ctx, self.default)
        if command is None:
            return []
        records = (option.get_help_record(ctx) for option in command.get_params(ctx))
        return [record for record in records if record is not None]
