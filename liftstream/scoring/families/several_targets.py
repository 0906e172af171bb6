"""Models with several targets: the same neighbours or neurons answer for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from liftstream.scoring.batch.prediction import Family, Prediction
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.distance.nearest_neighbors import compile_neighbors
from liftstream.scoring.families.neural_network import compile_network
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

FAMILIES: Final[Mapping[str, Callable[[Element, Compilation, Target], Family]]] = {
    "NearestNeighborModel": compile_neighbors,
    "NeuralNetwork": compile_network,
}


@dataclass
class SeveralTargets:
    """A family for each target; the first is the prediction."""

    targets: dict[str, Target]
    families: dict[str, Family]
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Prediction:
        """The prediction of the first target, which holds those of all."""
        found = {name: family.predict(batch) for name, family in self.families.items()}
        return replace(next(iter(found.values())), targets=found)


def compile_several(element: Element, compilation: Compilation, targets: Sequence[Target]) -> SeveralTargets:
    """A model whose MiningSchema names several targets.

    Raises:
        ModelUnsupported: it has Targets besides, or its family has one target only.
    """
    element_of_targets = element.first("Targets")
    if element_of_targets is not None:
        raise element_of_targets.unsupported(f"stands in a {element.tag} with several targets")
    named = {target.name: target for target in targets if target.name is not None}
    compile_one = FAMILIES[element.tag]
    families = {name: compile_one(element, compilation, target) for name, target in named.items()}
    return SeveralTargets(named, families, next(iter(families.values())).classes)
