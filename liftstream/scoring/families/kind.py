"""What a family states of itself, and what it is compiled with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from liftstream.scoring.families.compiled import Compiled, Family
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element


@dataclass(frozen=True)
class ModelCompilation(Compilation):
    """Where compiling a model stands; `compile_model` compiles the model that stands inside an element."""

    compile_model: "Callable[[Element, ModelCompilation], Compiled]" = field(kw_only=True)


@dataclass(frozen=True)
class FamilyKind:
    """What a family states of itself, in one place.

    Attributes:
        tag: the model's element.
        name: what people call the family.
        contents: the elements that it understands inside its own; anything else there is refused by name.
        compile: makes a family of the element; with several targets it is called for each.
        functions: what it may predict, of the standard's functions; where that is one thing, documents need not say it.
        counted: what `model show` counts, element -> plural.
        holds_model: whether a model of another family stands inside.
        several_targets: whether one element may predict several targets.
    """

    tag: str
    name: str
    contents: tuple[str, ...]
    compile: Callable[[Element, ModelCompilation, Target], Family]
    functions: tuple[str, ...] = ("regression", "classification")
    counted: Mapping[str, str] = field(default_factory=dict)
    holds_model: bool = False
    several_targets: bool = False
