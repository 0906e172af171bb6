"""What every part of the compiler needs at hand: the document's dictionary and functions, and the names in scope."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftstream.scoring.batch.program import Names, Program, Symbol
from liftstream.scoring.fields.fields import DataField
from liftstream.scoring.xml.element import Element


@dataclass(frozen=True)
class Compilation:
    """Where compiling stands. `functions` are the document's DefineFunction elements by name."""

    program: Program
    dictionary: Mapping[str, DataField]
    functions: Mapping[str, Element]
    names: Names
    version: tuple[int, int] = (4, 4)
    float32: bool = False
    calls: tuple[str, ...] = ()

    def field(self, element: Element, attribute: str = "field") -> Symbol:
        """The field that an element names."""
        return self.names.need(element.need(attribute), element)

    def within(self, function: str, names: Names) -> "Compilation":
        """Inside the body of a DefineFunction, where only its parameters are known."""
        return replace(self, names=names, calls=(*self.calls, function))
