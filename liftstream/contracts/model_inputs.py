"""What a model asks for and gives, as those who must provide it need to know it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelInput:
    """A field that a model asks for.

    Attributes:
        name: of the field.
        datatype: of the PMML standard: double, integer, string, boolean, date, ...
        categories: the declared ones, () where there are none.
        refuses_missing: whether a row without it gets no score.
        refuses_unknown: whether a row with another value than the categories gets no score.
    """

    name: str
    datatype: str
    categories: tuple[str, ...] = ()
    refuses_missing: bool = False
    refuses_unknown: bool = True


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """What a model asks for and gives.

    Attributes:
        inputs: what it asks for, in its order.
        function: regression, classification or another of the standard's words.
        classes: of a classifier.
        outputs: the names of its output fields.
    """

    inputs: tuple[ModelInput, ...]
    function: str
    classes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
