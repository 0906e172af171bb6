"""A YAML file as nodes that know their lines, and the list of their errors.

Size and depth are limited and aliases are refused before nodes are built.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, TypeVar

import yaml

from liftstream.contracts.errors import InputError

LARGEST: Final = 1_000_000
"""Longest file, in letters."""
DEEPEST: Final = 12
"""Deepest nesting of nodes."""
MOST_FAULTS: Final = 25
"""Faults that are reported at once."""
SHOWN: Final = 60
NULL: Final = "tag:yaml.org,2002:null"
TRUTHS: Final = {"true": True, "false": False}

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Word = TypeVar("Word", bound=str)


class DefinitionError(InputError):
    """A stream definition with faults, a line each: file, line, what, what is accepted."""


@dataclass
class Faults:
    """What is wrong with a file so far."""

    file: str
    said: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, what: str) -> None:
        """Notes a fault at a line, counted from 1."""
        self.said.append((line, what))

    def error(self) -> DefinitionError:
        """All faults as one error."""
        lines = [f"{self.file}:{line}: {what}" for line, what in sorted(set(self.said))]
        if len(lines) > MOST_FAULTS:
            lines[MOST_FAULTS:] = [f"{self.file}: and {len(lines) - MOST_FAULTS} more"]
        return DefinitionError("\n".join(lines))

    def raise_any(self) -> None:
        """Raises the faults, if there are any.

        Raises:
            DefinitionError: there is.
        """
        if self.said:
            raise self.error()


@dataclass(frozen=True)
class Node:
    """One value of the file.

    Attributes:
        where: its keys from the top, as messages say it.
        line: the line of its key, from 1; of an entry of a list, its own.
        yaml: the node behind it.
        faults: of the file.
    """

    where: str
    line: int
    yaml: yaml.Node
    faults: Faults

    def fault(self, what: str) -> None:
        """Notes what is wrong with it."""
        self.faults.add(self.line, f"{self.where}: {what}" if self.where else what)

    @property
    def is_null(self) -> bool:
        """Whether it is null, `~` or nothing."""
        return self.yaml.tag == NULL

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single value."""
        return isinstance(self.yaml, yaml.ScalarNode)

    @property
    def is_quoted(self) -> bool:
        """Whether it is quoted, and so a text."""
        return isinstance(self.yaml, yaml.ScalarNode) and bool(self.yaml.style)

    @property
    def is_mapping(self) -> bool:
        """Whether it is keys with values."""
        return isinstance(self.yaml, yaml.MappingNode)

    def text(self) -> str:
        """The text as it is written, so `no` is no and 007 keeps its zeros; a fault if it is null or not a single
        value."""
        if self.is_scalar and not self.is_null and self.yaml.value.strip():
            return str(self.yaml.value)
        self.fault(f"{self.shown()} is not accepted; a text is")
        return ""

    def word(self, accepted: Sequence[Word]) -> Word:
        """One of the accepted words; on a fault the first of them."""
        found = self.yaml.value if self.is_scalar else None
        for one in accepted:
            if one == found:
                return one
        near = nearest(found or "", accepted)
        self.fault(f"{self.shown()} is not accepted; one of {', '.join(accepted)}{near}")
        return accepted[0]

    def number(self) -> float:
        """A finite number; on a fault NaN."""
        try:
            found = float(self.yaml.value) if self.is_scalar and not self.is_quoted else math.nan
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            self.fault(f"{self.shown()} is not accepted; a finite number is")
            return math.nan
        return found

    def truth(self) -> bool:
        """true or false; on a fault false."""
        found = TRUTHS.get(self.yaml.value if self.is_scalar else "")
        if found is None:
            self.fault(f"{self.shown()} is not accepted; true or false is")
        return bool(found)

    def items(self, what: str) -> list["Node"]:
        """The entries of a list of `what`; on a fault none."""
        if not isinstance(self.yaml, yaml.SequenceNode):
            self.fault(f"{self.shown()} is not accepted; a list of {what} is, [a, b]")
            return []
        return [
            Node(f"{self.where}[{n}]", _line(one.start_mark), one, self.faults)
            for n, one in enumerate(self.yaml.value)
        ]

    def entries(self) -> Iterator[tuple[str, "Node"]]:
        """Keys with their values, each key once; a fault where it has none."""
        if not isinstance(self.yaml, yaml.MappingNode):
            self.fault(f"{self.shown()} is not accepted; keys with values are, {{key: value}}")
            return
        seen: set[str] = set()
        for key, value in self.yaml.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            said = name if name.isprintable() else repr(name)[1:-1]
            where = f"{self.where}.{said}" if self.where else said
            child = Node(where, _line(key.start_mark), value, self.faults)
            if not name:
                self.faults.add(child.line, f"{self.where}: a key that is no text".removeprefix(": "))
            elif name in seen:
                child.fault("is there twice")
            else:
                seen.add(name)
                yield name, child

    def section(self, accepted: Iterable[str], required: Iterable[str] = ()) -> dict[str, "Node"]:
        """The values by key; a fault for each unknown key, and for each required one that is missing."""
        known, found = list(accepted), {}
        for name, child in self.entries():
            if name in known:
                found[name] = child
            else:
                near = nearest(name, known)
                self.faults.add(
                    child.line, f"{child.where}: unknown key; accepted are {', '.join(known)}{near}"
                )
        missing = [name for name in required if name not in found]
        if missing and self.is_mapping:
            self.fault(f"{', '.join(missing)} missing")
        return found

    def shown(self) -> str:
        """The value, for a message."""
        if isinstance(self.yaml, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.yaml, yaml.SequenceNode):
            return "a list"
        if self.is_null:
            return "null"
        found = repr(self.yaml.value)
        return found if len(found) <= SHOWN else found[:SHOWN] + "…"


def nearest(word: str, accepted: Iterable[str]) -> str:
    """A hint at what may have been meant, to end a message; empty if no word is near."""
    near = get_close_matches(word, list(accepted), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def compose(text: str, file: str) -> Node:
    """The top of a file.

    Raises:
        DefinitionError: it is no YAML, too large, too deep, has aliases or more than one document, or is empty.
    """
    faults, top = Faults(file), None
    if len(text) > LARGEST:
        faults.add(1, f"{len(text):,} letters; at most {LARGEST:,} are read")
        raise faults.error()
    try:
        _bound(text, faults)
        top = None if faults.said else yaml.compose(text, LOADER)
    except yaml.YAMLError as error:
        faults.add(_line(_mark(error)), f"not YAML: {_words(error, text)}")
    faults.raise_any()
    if top is None:
        faults.add(1, "an empty file; docs/streams.md has one to begin with")
        raise faults.error()
    return Node("", _line(top.start_mark), top, faults)


def _line(mark: Any) -> int:
    return 1 if mark is None else int(mark.line) + 1


def _mark(error: yaml.YAMLError) -> Any:
    """Where a fault is; if a text's second quote is missing, where the text begins."""
    is_open = "quoted scalar" in (getattr(error, "context", None) or "")
    return getattr(error, "context_mark" if is_open else "problem_mark", None)


def _words(error: yaml.YAMLError, text: str) -> str:
    mark = _mark(error)
    if mark is not None and text.startswith("\t", mark.index):
        return "a tab, where YAML wants spaces"
    if isinstance(error, yaml.MarkedYAMLError):
        return " ".join(filter(None, (error.context, error.problem)))
    return " ".join(str(error).split())


def _bound(text: str, faults: Faults) -> None:
    """Refuses aliases and deep nesting by the file's events, before nodes are built."""
    depth = 0
    for event in yaml.parse(text, LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            faults.add(_line(event.start_mark), f"the alias *{event.anchor}; write it out instead")
            return
        if depth > DEEPEST:
            faults.add(_line(event.start_mark), f"more than {DEEPEST} levels within each other")
            return
