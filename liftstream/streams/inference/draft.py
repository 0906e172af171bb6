"""A first definition as records: its content, and what was seen in the topics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from liftstream.contracts.model_inputs import ModelOffer
from liftstream.streams.definition import DecisionRule, FeatureType, Format
from liftstream.streams.inference.candidates import ChosenIds, IdCandidate, TimeCandidate
from liftstream.streams.inference.observed import FieldSeen, Sampled
from liftstream.streams.paths import Path


@dataclass(frozen=True)
class TopicSample:
    """Records of a topic.

    Attributes:
        topic: the topic of the records.
        format: of their values.
        records: those that could be read.
        unreadable: how many could not, by reason.
    """

    topic: str
    format: Format
    records: Sequence[Sampled]
    unreadable: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DraftFeature:
    """A feature, or a group if it has names.

    Attributes:
        name, path, type: as in a definition.
        observed: what was seen there.
        missing: as the definition has it, in YAML; None: required.
        opposite: where the flag is that decides.
        names: of a group.
        why_not: why it is left out; it is written as a comment.
    """

    name: str
    path: Path
    type: FeatureType
    observed: FieldSeen
    missing: str | None = None
    opposite: Path | None = None
    names: tuple[str, ...] = ()
    why_not: str | None = None


@dataclass(frozen=True)
class DraftSide:
    """A side of the draft."""

    name: str
    sample: TopicSample
    id: IdCandidate | None
    other_ids: tuple[IdCandidate, ...]
    times: tuple[TimeCandidate, ...]
    features: tuple[DraftFeature, ...]


@dataclass(frozen=True)
class Draft:
    """A first definition.

    Attributes:
        sides: one a topic.
        ids: what was chosen; None where no field is an id.
        apart_s: how far apart the times of ids are that all topics have, 99 of 100 of them; None without any.
        inputs: the feature by the model's input, where names differ.
        decision: how a score decides.
        unprovided: what the model asks for and no topic has.
        model: what it is for; None: for any.
    """

    sides: tuple[DraftSide, ...]
    ids: ChosenIds | None
    apart_s: float | None
    inputs: Mapping[str, str]
    decision: DecisionRule
    unprovided: tuple[str, ...]
    model: ModelOffer | None
