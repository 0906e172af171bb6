"""The errors a user can cause or meet; the command line prints each as one line, without a traceback.

LiftstreamError                 exit 1: the thing asked for did not work
├── UsageError                  exit 2: what was asked for makes no sense
│   └── SettingsError           a setting is unknown, missing or out of range
├── InputError                  a file or record that was given cannot be used
├── ModelError                  a model cannot be served
│   ├── ModelRefused            the gate: hostile, too large, not PMML
│   ├── ModelUnsupported        correct PMML that no engine here scores exactly
│   └── ModelUnfit              a good model, but not for this pipeline
├── BrokerError                 Kafka is away, or refuses what is needed
├── RegistryError               the schema registry is away, or refuses what is needed
├── SideOutputError             records cannot be put aside, so nothing may be read on
└── ExtraMissing                a command needs an optional part that is not installed

A message says what, where, the offending value, what is accepted and what to do next.
Mistakes of a programmer stay ValueError and TypeError.
"""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec


class LiftstreamError(Exception):
    """What went wrong and what to do next, in one line."""

    exit_code = 1


class UsageError(LiftstreamError):
    """The request itself makes no sense."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is unknown, missing or out of range."""


class InputError(LiftstreamError):
    """A file or record that was given cannot be used; the message names file, row and column."""


class ModelError(LiftstreamError):
    """A model cannot be served."""


class ModelRefused(ModelError):
    """The gate turned the file away before parsing it: hostile, too large, not PMML."""


class ModelUnsupported(ModelError):
    """Correct PMML with an element that no engine here scores exactly; the message names it."""


class ModelUnfit(ModelError):
    """The model can be scored, but the two topics do not fit it."""


class BrokerError(LiftstreamError):
    """Kafka cannot be reached, or refuses what is needed."""


class RegistryError(LiftstreamError):
    """The schema registry cannot be asked: records that need it wait, as they say nothing of themselves yet."""


class SideOutputError(LiftstreamError):
    """Records cannot be put aside."""


class ExtraMissing(LiftstreamError):
    """Optional parts are not installed; the message names all that are missing, and how to install them from
    the checkout."""

    def __init__(self, what: str, *extras: str) -> None:
        names = sorted(set(extras))
        word = "extra" if len(names) == 1 else "extras"
        quoted = " and ".join(f"'{name}'" for name in names)
        super().__init__(
            f"{what} needs the {word} {quoted}: pip install '.[{','.join(names)}]' in the checkout, or make install"
        )


def require(what: str, extras: Mapping[str, Iterable[str]]) -> None:
    """Checks that what a command imports is installed, before it begins.

    Args:
        what: needs it, as the message calls it.
        extras: the modules by the extra that brings them.

    Raises:
        ExtraMissing: some are missing; it names every extra that would bring one.
    """
    missing = [extra for extra, modules in extras.items() if not all(map(_is_installed, modules))]
    if missing:
        raise ExtraMissing(what, *missing)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # what it is part of is missing
        return False
