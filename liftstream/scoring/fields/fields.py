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
from typing import Any, Final

import numpy as np

from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import OPTYPES, FieldType, number_of, read_datatype, word_of

CLOSURES: Final = ("openClosed", "openOpen", "closedOpen", "closedClosed")
INVALID: Final = ("returnInvalid", "asIs", "asMissing", "asValue")
MISSINGS: Final = {
    name: name.removeprefix("x-")
    for name in ("asIs", "asMean", "asMode", "asMedian", "asValue", "returnInvalid", "x-returnInvalid")
}
OUTLIERS: Final = ("asIs", "asMissingValues", "asExtremeValues")
USAGES: Final = {
    **dict.fromkeys(("active", "order", "group"), "active"),
    **dict.fromkeys(("target", "predicted"), "target"),
    **dict.fromkeys(("supplementary", "frequencyWeight", "analysisWeight"), "other"),
}


@dataclass(frozen=True)
class DataField:
    """A field of the DataDictionary. `ranges` are closed: an open margin was moved to the next number."""

    name: str
    type: FieldType
    ranges: tuple[tuple[float, float], ...] = ()
    missing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    display: Mapping[str, str] | None = None

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
    # PMML 3 lets a field be without one
    datatype = read_datatype(element, "double" if element.get("optype") == "continuous" else "string")
    default = "categorical" if datatype in ("string", "boolean") else "continuous"
    optype = element.choice("optype", OPTYPES, default)
    element.only("Interval", "Value")
    by_property: dict[str, list[str]] = {"valid": [], "missing": [], "invalid": []}
    display = {}
    for value in element.all("Value"):
        kind = value.choice("property", tuple(by_property), "valid")
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
    )


def _read_range(interval: Element, datatype: str) -> tuple[float, float]:
    """Margins of single precision fields are rounded as their values are, so that 609.72 lies in [609.72, 700]."""
    return read_interval(interval, np.float32 if datatype == "float" else np.float64)


def read_interval(element: Element, kind: type[np.floating[Any]] = np.float64) -> tuple[float, float]:
    """An Interval as the least and the greatest number of a kind within it."""
    closure = element.choice("closure", CLOSURES)
    low, high = kind(element.bound("leftMargin", -np.inf)), kind(element.bound("rightMargin", np.inf))
    if closure.startswith("open") and np.isfinite(low):
        low = np.nextafter(low, kind(np.inf))
    if closure.endswith("Open") and np.isfinite(high):
        high = np.nextafter(high, kind(-np.inf))
    return float(low), float(high)


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
        low=_limit(element, "lowValue", -np.inf, data_field),
        high=_limit(element, "highValue", np.inf, data_field),
    )


def _limit(element: Element, name: str, otherwise: float, data_field: DataField) -> float:
    """A limit beyond which values are outliers, in the precision of the field."""
    if not element.get(name):
        return otherwise
    limit = element.bound(name, otherwise)
    return float(np.float32(limit)) if data_field.type.float32 else limit


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
