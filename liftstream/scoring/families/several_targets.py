"""Models with several targets: the same neighbours or neurons answer for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kind import FamilyKind, ModelCompilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element


@dataclass
class SeveralTargets(Family):
    """A family for each target; the first is the prediction."""

    targets: Mapping[str, Target] = field()
    families: dict[str, Family]
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The prediction of the first target, which holds those of all."""
        found = {name: family.predict(batch) for name, family in self.families.items()}
        return replace(next(iter(found.values())), targets=found)


def compile_several(
    element: Element, compilation: ModelCompilation, targets: Sequence[Target], kind: FamilyKind
) -> SeveralTargets:
    """A model whose MiningSchema names several targets.

    Raises:
        ModelUnsupported: it has Targets besides, or its family has one target only.
    """
    element_of_targets = element.first("Targets")
    if element_of_targets is not None:
        raise element_of_targets.unsupported(f"stands in a {element.tag} with several targets")
    named = {target.name: target for target in targets if target.name is not None}
    families = {name: kind.compile(element, compilation, target) for name, target in named.items()}
    return SeveralTargets(named, families, next(iter(families.values())).classes)
