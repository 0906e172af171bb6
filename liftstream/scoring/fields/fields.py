"""DataDictionary and MiningSchema: what a field may hold, and what happens to a value that it may not.

Missing, invalid and outlying values are dealt with here and nowhere else, in the standard's order:

1. a declared missing marker (`<Value property="missing">`) is missing;
2. a value of the wrong type, outside every Interval or not among the declared Values is invalid, and is returned as a
   problem of the row (`returnInvalid`, the default), kept (`asIs`), made missing (`asMissing`) or replaced (`asValue`);
3. a valid value that is an outlier is kept, made missing or clipped to `lowValue` and `highValue`;
4. what is missing by now is replaced by `missingValueReplacement`, returned as a problem, or stays missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Booleans, Column, Floats, WordBuilder, Words
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import (
    NAN,
    OPTYPES,
    FieldType,
    number_of,
    read_datatype,
    why_no_moment,
    word_of,
    write_number,
)

CLOSURES: Final = {name: name for name in ("openClosed", "openOpen", "closedOpen", "closedClosed")}
INVALID: Final = {name: name for name in ("returnInvalid", "asIs", "asMissing", "asValue")}
MISSINGS: Final = {
    name: name.removeprefix("x-")
    for name in ("asIs", "asMean", "asMode", "asMedian", "asValue", "returnInvalid", "x-returnInvalid")
}
OUTLIERS: Final = {name: name for name in ("asIs", "asMissingValues", "asExtremeValues")}
USAGES: Final = {
    **dict.fromkeys(("active", "order", "group"), "active"),
    **dict.fromkeys(("target", "predicted"), "target"),
    **dict.fromkeys(("supplementary", "frequencyWeight", "analysisWeight"), "other"),
}
SHOWN_PROBLEMS: Final = 20


@dataclass(frozen=True)
class DataField:
    """A field of the DataDictionary. `ranges` are closed: an open margin was moved to the next number."""

    name: str
    type: FieldType
    ranges: tuple[tuple[float, float], ...] = ()
    missing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    display: Mapping[str, str] | None = None
    cyclic: bool = False

    @property
    def restricted(self) -> bool:
        """Whether some value of the right type is invalid."""
        return bool(self.ranges or self.type.values or self.invalid)


@dataclass(frozen=True)
class MiningField:
    """How one model treats a field."""

    field: DataField
    usage: str = "active"
    invalid: str = "returnInvalid"
    invalid_replacement: str | None = None
    missing: str = "asIs"
    missing_replacement: str | None = None
    outliers: str = "asIs"
    low: float = -np.inf
    high: float = np.inf
    importance: float | None = None

    @property
    def replaces(self) -> bool:
        """Whether it changes anything beyond refusing what is invalid (a nested model has only this left to do)."""
        return (
            self.missing_replacement is not None
            or self.missing == "returnInvalid"
            or self.invalid in ("asMissing", "asValue")
            or self.outliers != "asIs"
        )


def read_dictionary(document: Element) -> dict[str, DataField]:
    """The DataDictionary of a document."""
    dictionary = document.one("DataDictionary")
    dictionary.only("DataField", "Taxonomy")
    fields = [_read_field(element) for element in dictionary.all("DataField")]
    return {field.name: field for field in fields}


def _read_field(element: Element) -> DataField:
    datatype = read_datatype(element, "string")
    default = "categorical" if datatype in ("string", "boolean") else "continuous"
    optype = element.choice("optype", OPTYPES, default)
    element.only("Interval", "Value")
    by_property: dict[str, list[str]] = {"valid": [], "missing": [], "invalid": []}
    display = {}
    for value in element.all("Value"):
        kind = value.choice("property", {name: name for name in by_property}, "valid")
        text = value.need("value")
        word = word_of(text, datatype)
        if word is None and kind == "valid":
            raise value.refusal(f"has value={text[:60]!r}, which is no {datatype}")
        by_property[kind].append(text if word is None else word)
        if shown := value.get("displayValue"):
            display[word or text] = shown
    return DataField(
        name=element.need("name"),
        type=FieldType(datatype, optype, tuple(dict.fromkeys(by_property["valid"]))),
        ranges=tuple(_read_range(interval, datatype) for interval in element.all("Interval")),
        missing=tuple(by_property["missing"]),
        invalid=tuple(by_property["invalid"]),
        display=display or None,
        cyclic=element.get("isCyclic") == "1",
    )


def _read_range(interval: Element, datatype: str) -> tuple[float, float]:
    """Margins of single precision fields are rounded as their values are, so that 609.72 lies in [609.72, 700]."""
    low, high = read_interval(interval)
    return (
        (low, high)
        if datatype != "float"
        else (min(low, float(np.float32(low))), max(high, float(np.float32(high))))
    )


def read_interval(element: Element) -> tuple[float, float]:
    """An Interval as the least and the greatest number within it."""
    closure = element.choice("closure", CLOSURES)
    low = element.number("leftMargin", -np.inf) if element.get("leftMargin") is not None else -np.inf
    high = element.number("rightMargin", np.inf) if element.get("rightMargin") is not None else np.inf
    if closure.startswith("open"):
        low = float(np.nextafter(low, np.inf))
    if closure.endswith("Open"):
        high = float(np.nextafter(high, -np.inf))
    return low, high


def read_schema(model: Element) -> dict[str, Element]:
    """The MiningField elements of a model by name, in order."""
    schema = model.one("MiningSchema")
    schema.only("MiningField")
    return {element.need("name"): element for element in schema.all("MiningField")}


def read_mining_field(element: Element, data_field: DataField) -> MiningField:
    """One MiningField of a field of the dictionary."""
    optype = element.choice("optype", OPTYPES, data_field.type.optype)
    if optype != data_field.type.optype:
        data_field = replace(data_field, type=replace(data_field.type, optype=optype))
    invalid = element.choice("invalidValueTreatment", INVALID, "returnInvalid")
    invalid_replacement = _replacement(element, "invalidValueReplacement", data_field)
    if element.get("x-invalidValueReplacement") is not None and invalid == "asIs":
        invalid = "asValue"  # so JPMML writes asValue where the version does not have it
        invalid_replacement = _replacement(element, "x-invalidValueReplacement", data_field)
    return MiningField(
        field=data_field,
        usage=element.choice("usageType", USAGES, "active"),
        invalid=invalid,
        invalid_replacement=invalid_replacement,
        missing=element.choice("missingValueTreatment", MISSINGS, "asIs"),
        missing_replacement=_replacement(element, "missingValueReplacement", data_field),
        outliers=element.choice("outliers", OUTLIERS, "asIs"),
        low=element.number("lowValue", -1e308) if element.get("lowValue") else -np.inf,
        high=element.number("highValue", 1e308) if element.get("highValue") else np.inf,
        importance=element.maybe_number("importance"),
    )


def _replacement(element: Element, name: str, data_field: DataField) -> str | None:
    text = element.get(name)
    if text is None or data_field.type.datatype == "string":
        return text
    word = word_of(text, data_field.type.datatype)
    if word is None:
        number = number_of(text, "double")
        if not data_field.type.numeric or np.isnan(number):
            raise element.refusal(f"has {name}={text[:60]!r}, which is no {data_field.type.datatype}")
        return repr(number)  # a mean of whole numbers need not be whole
    return word


class NumberTreatment:
    """A numeric field's treatment, over a whole column."""

    def __init__(self, rule: MiningField) -> None:
        self.rule = rule
        data_field = rule.field
        self.values = np.array([number_of(v, "double") for v in _plain(data_field.type.values)])
        self.invalid = np.array([number_of(v, "double") for v in _plain(data_field.invalid)])
        markers = np.array([number_of(v, "double") for v in _plain(data_field.missing)])
        self.missing = markers[~np.isnan(markers)]  # the marker NaN is what missing is anyway

    def __call__(self, values: Floats, unreadable: Words | None, batch: Batch) -> Floats:
        """The treated column; rows that cannot be scored are rejected in `batch`.

        Args:
            values: NaN where missing or unreadable.
            unreadable: the text that is no number, missing where there is none.
            batch: where the column will stand.
        """
        rule = self.rule
        missing = np.isnan(values)
        if unreadable is not None:
            missing &= unreadable.codes < 0
        if len(self.missing):
            missing |= np.isin(values, self.missing)
        values = np.where(missing, NAN, values)
        wrong = ~missing & ~self._valid(values)
        if wrong.any():
            values, missing = self._treat_invalid(values, wrong, missing, unreadable, batch)
        if rule.outliers == "asMissingValues":
            missing |= ~wrong & ((values < rule.low) | (values > rule.high))
        elif rule.outliers == "asExtremeValues":
            values = np.where(wrong, values, np.clip(values, rule.low, rule.high))
        if rule.missing == "returnInvalid":
            batch.reject(missing, f"{rule.field.name}: missing, which the model does not accept")
        elif rule.missing_replacement is not None:
            values = np.where(missing, number_of(_number_text(rule.missing_replacement), "double"), values)
        elif len(self.missing) or rule.invalid == "asMissing" or rule.outliers == "asMissingValues":
            values = np.where(missing, NAN, values)
        return values

    def _valid(self, values: Floats) -> Booleans:
        """False for what the field may not hold; what could not be read is NaN and not valid either."""
        data_field = self.rule.field
        valid = ~np.isnan(values)
        if data_field.type.datatype == "integer":
            valid &= values == np.floor(values)
        if len(self.values):
            valid &= np.isin(values, self.values)
        elif data_field.ranges:
            allowed = np.zeros(len(values), dtype=bool)
            for low, high in data_field.ranges:
                allowed |= (values >= low) & (values <= high)
            valid &= allowed
        if len(self.invalid):
            valid &= ~np.isin(values, self.invalid)
        return valid

    def _treat_invalid(
        self, values: Floats, wrong: Booleans, missing: Booleans, unreadable: Words | None, batch: Batch
    ) -> tuple[Floats, Booleans]:
        rule = self.rule
        if rule.invalid == "asMissing":
            return values, missing | wrong
        if rule.invalid == "asValue":
            return np.where(
                wrong, number_of(_number_text(rule.invalid_replacement), "double"), values
            ), missing
        if rule.invalid == "asIs":
            wrong = wrong & np.isnan(values)  # nothing to keep: there was no number
        self._reject(wrong, values, unreadable, batch)
        return values, missing

    def _reject(self, wrong: Booleans, values: Floats, unreadable: Words | None, batch: Batch) -> None:
        name = self.rule.field.name
        for value in np.unique(values[wrong & ~np.isnan(values)])[:SHOWN_PROBLEMS]:
            batch.reject(wrong & (values == value), f"{name}: {_say(value)} {self._why()}")
        if unreadable is not None:
            for code in np.unique(unreadable.codes[wrong & (unreadable.codes >= 0)])[:SHOWN_PROBLEMS]:
                text = unreadable.vocabulary[code][:60]
                batch.reject(wrong & (unreadable.codes == code), f"{name}: {text!r} is not a number")
        batch.reject(wrong, f"{name}: the value {self._why()}")

    def _why(self) -> str:
        data_field = self.rule.field
        if len(self.values):
            return f"is not among its values ({', '.join(data_field.type.values[:8])})"
        if data_field.ranges:
            ranges = ", ".join(f"{low:g} to {high:g}" for low, high in data_field.ranges[:3])
            return f"is outside its range ({ranges})"
        return f"is no valid {data_field.type.datatype}"


class WordTreatment:
    """The treatment of a field of words, worked out once for every distinct word."""

    def __init__(self, rule: MiningField) -> None:
        self.rule = rule
        self.values = frozenset(rule.field.type.values)

    def __call__(self, words: Words, batch: Batch) -> Words:
        """The treated column; rows that cannot be scored are rejected in `batch`."""
        rule, data_field = self.rule, self.rule.field
        builder = WordBuilder(data_field.type.values)
        replacement = builder.code(rule.missing_replacement)
        if rule.missing == "returnInvalid":
            batch.reject(words.codes < 0, f"{data_field.name}: missing, which the model does not accept")
        table = np.full(len(words.vocabulary) + 1, MISSING)
        table[-1] = replacement
        for code, text in enumerate(words.vocabulary):
            word = word_of(text, data_field.type.datatype)
            if text in data_field.missing or word in data_field.missing:
                table[code] = replacement
            elif word is None or (self.values and word not in self.values) or word in data_field.invalid:
                table[code] = self._invalid(code, text, word, builder, replacement, words, batch)
            else:
                table[code] = builder.code(word)
        return builder.words(table[words.codes])

    def _invalid(
        self,
        code: int,
        text: str,
        word: str | None,
        builder: WordBuilder,
        replacement: int,
        words: Words,
        batch: Batch,
    ) -> int:
        rule = self.rule
        if rule.invalid == "asMissing":
            return replacement
        if rule.invalid == "asValue":
            return builder.code(rule.invalid_replacement)
        if rule.invalid == "asIs" and word is not None:
            return builder.code(word)
        where = words.codes == code
        if where.any():
            known = ", ".join(rule.field.type.values[:8])
            why = (
                f"is not among its values ({known})"
                if word is not None
                else f"is no {rule.field.type.datatype}{why_no_moment(text)}"
            )
            batch.reject(where, f"{rule.field.name}: {text[:60]!r} {why}")
        return MISSING


def treat(column: Column, rule: MiningField, batch: Batch) -> Column:
    """A column of an outer model treated again by a nested one, which refuses nothing that the outer one let through."""
    if isinstance(column, Words):
        return WordTreatment(rule)(column, batch)
    return NumberTreatment(rule)(column, None, batch)


def _plain(values: tuple[str, ...]) -> list[str]:
    return [_number_text(value) for value in values]


def _number_text(text: str | None) -> str:
    return {"true": "1", "false": "0"}.get(text or "", text or "nan")


def _say(value: float) -> str:
    return write_number(float(value), "double")
