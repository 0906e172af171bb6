"""A stream as records: its sides with their features, the window, what decides, the answer.

`definition_file.py` reads them from a file; docs/streams.md has every key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias, get_args

from liftstream.streams.paths import Path

Format: TypeAlias = Literal["json", "avro", "json-schema", "protobuf"]
IdType: TypeAlias = Literal["integer", "text", "uuid"]
KeyForm: TypeAlias = Literal["text", "big-endian", "avro", "json"]
TimeUnit: TypeAlias = Literal["days", "s", "ms", "us", "iso"]
FeatureType: TypeAlias = Literal["number", "flag", "boolean", "text", "date", "time", "datetime"]
Nulls: TypeAlias = Literal["missing", "invalid"]
DecisionRule: TypeAlias = Literal["threshold", "class", "none"]
AnswerSource: TypeAlias = Literal[
    "id", "decision", "score", "token", "model", "sha256", "probability", "output"
]
FeatureValue: TypeAlias = float | str | None
"""Numbers, flags and booleans (0 or 1) as numbers; texts, dates and times (in ISO form) as text; None: missing."""

FORMATS: Final[tuple[Format, ...]] = get_args(Format)
ID_TYPES: Final[tuple[IdType, ...]] = get_args(IdType)
KEY_FORMS: Final[tuple[KeyForm, ...]] = get_args(KeyForm)
TIME_UNITS: Final[tuple[TimeUnit, ...]] = get_args(TimeUnit)
FEATURE_TYPES: Final[tuple[FeatureType, ...]] = get_args(FeatureType)
DECISION_RULES: Final[tuple[DecisionRule, ...]] = get_args(DecisionRule)
ANSWER_SOURCES: Final[tuple[AnswerSource, ...]] = get_args(AnswerSource)
NUMERIC: Final = frozenset({"number", "flag", "boolean"})
"""Types of features whose values are numbers."""
OF_NAMED: Final = frozenset({"probability", "output"})
"""Sources of an answer's field that need a name: `probability(X)`, `output(X)`."""


class Required:
    """The type of `REQUIRED`."""

    def __repr__(self) -> str:
        return "REQUIRED"

    def __reduce__(self) -> str:
        return "REQUIRED"  # there is one only, in every process


REQUIRED: Final = Required()
"""In place of the value for a missing feature: a record without the feature is `invalid`."""


@dataclass(frozen=True, slots=True)
class IdSource:
    """Where a record has its id.

    Attributes:
        type: integer (64 bits, or text of digits), text (as it is), uuid (36 letters, of any case).
        path: in the record; None: it is the record's key.
        key_form: of the key: text, the bytes of an integer (the highest first, as Java's serializers write it), Avro
            behind a schema's id, or JSON.
    """

    type: IdType
    path: Path | None
    key_form: KeyForm = "text"


@dataclass(frozen=True, slots=True)
class TimeSource:
    """Where a record has its event time.

    Attributes:
        path: in the record; None: it is Kafka's timestamp.
        unit: of the number there, since 1970 in UTC, or `iso`: a text.
    """

    path: Path | None = None
    unit: TimeUnit = "ms"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of what a model sees.

    Attributes:
        name: of the column.
        path: where its value is in a record of its side.
        type: what it is.
        missing: what the model gets where a record has none: None is a missing value; REQUIRED: the record is invalid.
        nulls: whether null counts as missing, or is a value that does not fit.
        low, high: the range that is accepted, both included; of numbers.
        categories: the values that are accepted, all where empty; of numbers and texts.
        opposite: the flag that decides where both are there, this one being its contrary; of flags.
        unit: of a date, time or datetime that is written as a number since 1970 in UTC; `iso`: it is text.
        group: the name of the group that it was declared in.
    """

    name: str
    path: Path
    type: FeatureType
    missing: FeatureValue | Required = REQUIRED
    nulls: Nulls = "missing"
    low: float | None = None
    high: float | None = None
    categories: tuple[float | str, ...] = ()
    opposite: str | None = None
    unit: TimeUnit = "iso"
    group: str | None = None

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.type in NUMERIC


@dataclass(frozen=True)
class FeatureGroup:
    """Many features of one type that are the keys of one object, which every record must have.

    Attributes:
        name: of the group.
        path: of the object.
        each: what one of them is called in details of invalid records and in counts.
        features: in column order, each with the path of its key.
    """

    name: str
    path: Path
    each: str
    features: tuple[Feature, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Feature]:
        """The features by their names, which are the keys of the object."""
        return {feature.name: feature for feature in self.features}

    @cached_property
    def any_value(self) -> Feature:
        """A feature with the type of the others that accepts every value: unknown keys of the object must fit it."""
        return replace(self.features[0], low=None, high=None, categories=())


@dataclass(frozen=True)
class SideDefinition:
    """One topic of a stream.

    Attributes:
        name: of the side.
        topic: the topic that it is read from.
        format: of the record's value.
        id, time: where both are.
        features: in column order, those of groups among them.
        groups: those of its features that are declared together.
    """

    name: str
    topic: str
    format: Format
    id: IdSource
    time: TimeSource
    features: tuple[Feature, ...]
    groups: tuple[FeatureGroup, ...] = ()

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(feature.name for feature in self.features)


@dataclass(frozen=True, slots=True)
class AnswerField:
    """A field of the answer.

    Attributes:
        name: its key.
        source: what it says.
        of: the class of a probability, the name of a model's output.
    """

    name: str
    source: AnswerSource
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written for each id.

    Attributes:
        topic: the topic that it is written to.
        keyed: whether the record's key is the id, as text.
        fields: of the JSON object, in this order.
    """

    topic: str
    keyed: bool
    fields: tuple[AnswerField, ...]

    def asks_for(self, source: AnswerSource) -> bool:
        """Whether one of its fields has this source."""
        return any(one.source == source for one in self.fields)


@dataclass(frozen=True)
class Stream:
    """Topics that are joined by id, how a model's score becomes a decision, and the answer.

    Attributes:
        name: of the stream.
        sides: one (scored without a join) or more (joined by id, event times within the window).
        window_s: how far apart the event times of one answer may be.
        inputs: the feature by the model's input field, where the names differ.
        decision: how the score becomes a decision.
        answer: what is written.
        source: the file that says so.
    """

    name: str
    sides: tuple[SideDefinition, ...]
    window_s: float
    inputs: Mapping[str, str]
    decision: DecisionRule
    answer: Answer
    source: str = field(default="", compare=False)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Every column of what a model sees, side after side."""
        return tuple(feature for side in self.sides for feature in side.features)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns, side after side."""
        return tuple(feature.name for feature in self.features)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that are read, side after side."""
        return tuple(side.topic for side in self.sides)

    @property
    def id_type(self) -> IdType:
        """The type of the ids, which all sides share."""
        return self.sides[0].id.type
