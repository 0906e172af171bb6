"""What the gate lets through: the document as a tree of elements that know their line, with typed readers of attributes."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, Protocol, TypeVar, overload

from liftstream.contracts.errors import ModelRefused, ModelUnsupported

ENDLESS: Final = {sign + word for sign in ("", "+", "-") for word in ("INF", "INFINITY")}
NO_ATTRIBUTES: Final[Mapping[str, str]] = {}
NO_CHILDREN: Final[tuple["Element", ...]] = ()
T = TypeVar("T")


class Element:
    """An XML element of the PMML namespace (or of any, then `tag` is its local name after a colon, as in `:row`).

    `text` keeps its blanks, which matter in constants and in the cells of tables; readers of numbers pass over them.
    Extension elements are left out while reading, as the standard lets every consumer do.
    """

    __slots__ = ("attributes", "children", "line", "source", "tag", "text")

    def __init__(self, tag: str, attributes: Mapping[str, str], line: int, source: str) -> None:
        self.tag, self.attributes, self.line, self.source = tag, attributes, line, source
        self.children: list[Element] | tuple[Element, ...] = NO_CHILDREN
        self.text = ""

    def __repr__(self) -> str:
        return f"<{self.tag}> (line {self.line})"

    def all(self, *tags: str) -> list["Element"]:
        """The children of these names, in the document's order."""
        return [child for child in self.children if child.tag in tags]

    def first(self, *tags: str) -> "Element | None":
        """The first child of one of these names."""
        return next((child for child in self.children if child.tag in tags), None)

    def one(self, *tags: str) -> "Element":
        """The first child of one of these names; refuses the document where there is none."""
        found = self.first(*tags)
        if found is None:
            raise self.refusal(f"needs {_either(tags)} inside")
        return found

    def walk(self) -> Iterator["Element"]:
        """This element and everything below it, parents first."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))

    def only(self, *tags: str) -> None:
        """Refuses by name whatever stands inside that is not one of these elements."""
        for child in self.children:
            if child.tag not in tags:
                raise child.unsupported(f"is not understood inside <{self.tag}>; understood: {_either(tags)}")

    def get(self, name: str) -> str | None:
        """The attribute's text, None where it is absent."""
        return self.attributes.get(name)

    def need(self, name: str) -> str:
        """The attribute's text; refuses the document where it is absent."""
        value = self.attributes.get(name)
        if value is None:
            raise self.refusal(f"needs the attribute {name}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """The attribute as a finite number; `default` where it is absent, required where there is no default."""
        text = self.attributes.get(name)
        if text is None and default is not None:
            return default
        return self.parse_number(self.need(name), name)

    def maybe_number(self, name: str) -> float | None:
        """The attribute as a finite number, None where it is absent."""
        return None if name not in self.attributes else self.number(name)

    def bound(self, name: str, absent: float) -> float:
        """The attribute as a number, which may be infinite (INF, as XML writes it); `absent` where it is absent."""
        text = self.attributes.get(name)
        if text is None:
            return absent
        return float(text) if text.strip().upper() in ENDLESS else self.parse_number(text, name)

    def parse_number(self, text: str, name: str) -> float:
        """`text` (of the attribute or content `name`) as a finite number; refuses anything else."""
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf") or "_" in text:
            raise self.refusal(f"has {name}={_short(text)}; accepted: a finite number")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """The attribute as a whole number."""
        value = self.number(name, None if default is None else float(default))
        if value != int(value):
            raise self.refusal(f"has {name}={_short(self.need(name))}; accepted: a whole number")
        return int(value)

    @overload
    def choice(self, name: str, accepted: Mapping[str, T], default: str | None = None) -> T: ...
    @overload
    def choice(self, name: str, accepted: tuple[str, ...], default: str | None = None) -> str: ...
    def choice(self, name: str, accepted: Any, default: str | None = None) -> Any:
        """The attribute's value, or what it stands for in a mapping; any other than those `accepted` is not supported."""
        text = self.attributes.get(name, default)
        if text is None:
            text = self.need(name)
        if text not in accepted:
            raise self.unsupported(f"has {name}={_short(text)}; supported: {', '.join(accepted)}")
        return text if isinstance(accepted, tuple) else accepted[text]

    def flag(self, name: str, default: bool) -> bool:
        """The attribute as true or false."""
        text = self.attributes.get(name)
        if text is None:
            return default
        known = {"true": True, "1": True, "false": False, "0": False}
        if text.lower() not in known:
            raise self.refusal(f"has {name}={_short(text)}; accepted: true, false")
        return known[text.lower()]

    def refusal(self, problem: str) -> ModelRefused:
        """The error for a document that breaks the standard here."""
        return ModelRefused(f"{self.source}: line {self.line}: <{self.tag}> {problem}")

    def unsupported(self, problem: str) -> ModelUnsupported:
        """The error for correct PMML that is not scored here."""
        return ModelUnsupported(f"{self.source}: line {self.line}: <{self.tag}> {problem}")

    def unknown(self, what: str, name: str, known: Mapping[str, object]) -> ModelRefused:
        """The error for a reference to something that the document does not define."""
        near = get_close_matches(name, list(known), n=1)
        hint = f"; did it mean {near[0]!r}?" if near else ""
        return self.refusal(f"names the {what} {_short(name)}, which is not defined{hint}")


class TreeElement(Element):
    """A TreeModel, whose nodes may be packed instead of standing among its children."""

    __slots__ = ("packed",)

    def __init__(self, tag: str, attributes: Mapping[str, str], line: int, source: str) -> None:
        super().__init__(tag, attributes, line, source)
        self.packed: PackedNodes | None = None


class PackedNodes(Protocol):
    """The nodes of a tree as arrays."""

    def __len__(self) -> int:
        """How many there are."""

    def fields_tested(self) -> list[str]:
        """The field of every test."""

    def unpack(self) -> Element:
        """The root Node as elements."""


def _either(tags: tuple[str, ...]) -> str:
    return ", ".join(f"<{tag}>" for tag in tags) or "nothing"


def _short(text: str) -> str:
    """Hostile text must not fill the line."""
    return repr(text if len(text) <= 60 else text[:60] + "…")
