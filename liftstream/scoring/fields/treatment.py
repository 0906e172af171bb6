"""What happens to a missing, invalid or outlying value of a field, over whole columns; the order is that of `fields.py`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Booleans, Column, Floats, WordBuilder, Words
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.fields.fields import MiningField
from liftstream.scoring.xml.types import NAN, number_or_truth, why_no_moment, word_of, write_number


class NumberTreatment:
    """A numeric field's treatment, over a whole column."""

    def __init__(self, rule: MiningField) -> None:
        self.rule = rule
        data_field = rule.field
        self.boolean = data_field.type.datatype == "boolean"
        self.values = np.array([_number(v) for v in data_field.type.values])
        if self.boolean and not len(self.values):
            self.values = BOTH_TRUTHS
        self.invalid = np.array([_number(v) for v in data_field.invalid])
        markers = np.array([_number(v) for v in data_field.missing])
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
            missing &= unreadable.lookup(lambda word: float(word in rule.field.missing), missing=1.0) > 0
        if len(self.missing):
            missing |= np.isin(values, self.missing)
        values = np.where(missing, NAN, values)
        wrong = ~missing & ~self.valid(values)
        if wrong.any():
            values, missing = self._treat_invalid(values, wrong, missing, unreadable, batch)
        if rule.outliers == "asMissingValues":
            missing |= ~wrong & ((values < rule.low) | (values > rule.high))
        elif rule.outliers == "asExtremeValues":
            values = np.where(wrong, values, np.clip(values, rule.low, rule.high))
        if rule.missing == "returnInvalid":
            batch.reject(missing, f"{rule.field.name}: missing, which the model does not accept")
        elif rule.missing_replacement is not None:
            values = np.where(missing, _number(rule.missing_replacement), values)
        elif len(self.missing) or rule.invalid == "asMissing" or rule.outliers == "asMissingValues":
            values = np.where(missing, NAN, values)
        return values

    def valid(self, values: Floats) -> Booleans:
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
            return np.where(wrong, _number(rule.invalid_replacement), values), missing
        if rule.invalid == "asIs":
            # nothing to keep: there was no number, or no boolean
            wrong = wrong & (~np.isin(values, BOTH_TRUTHS) if self.boolean else np.isnan(values))
        self._reject(wrong, values, unreadable, batch)
        return values, missing

    def _reject(self, wrong: Booleans, values: Floats, unreadable: Words | None, batch: Batch) -> None:
        name = self.rule.field.name
        for value in np.unique(values[wrong & ~np.isnan(values)])[:SHOWN_PROBLEMS]:
            batch.reject(
                wrong & (values == value), f"{name}: {write_number(float(value), 'double')} {self._why()}"
            )
        if unreadable is not None:
            what = "no valid boolean" if self.boolean else "not a number"
            for code in np.unique(unreadable.codes[wrong & (unreadable.codes >= 0)])[:SHOWN_PROBLEMS]:
                text = unreadable.vocabulary[code][:60]
                batch.reject(wrong & (unreadable.codes == code), f"{name}: {text!r} is {what}")
        batch.reject(wrong, f"{name}: the value {self._why()}")

    def _why(self) -> str:
        data_field = self.rule.field
        if data_field.type.values:
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
            elif word is None or not self.allows(word):
                table[code] = self._invalid(code, text, word, builder, replacement, words, batch)
            else:
                table[code] = builder.code(word)
        return builder.words(table[words.codes])

    def allows(self, word: str) -> bool:
        """Whether the dictionary does not rule a word out."""
        return (not self.values or word in self.values) and word not in self.rule.field.invalid

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


def validity(rule: MiningField) -> Callable[[Column], Booleans] | None:
    """Which values of a treated column are valid, of a field that keeps the others; None of any other field."""
    if rule.invalid != "asIs" or not rule.field.restricted:
        return None
    numbers, words = NumberTreatment(rule), WordTreatment(rule)

    def valid(column: Column) -> Booleans:
        if isinstance(column, Words):
            return column.lookup(lambda word: float(words.allows(word)), missing=0.0) > 0
        return numbers.valid(column)

    return valid


def treat(column: Column, rule: MiningField, batch: Batch) -> Column:
    """A column of an outer model treated again by a nested one, which refuses nothing that the outer one let through."""
    if rule.invalid == "returnInvalid":
        rule = replace(rule, invalid="asIs")
    if isinstance(column, Words):
        return WordTreatment(rule)(column, batch)
    return NumberTreatment(rule)(column, None, batch)


SHOWN_PROBLEMS: Final = 20
BOTH_TRUTHS: Final = np.array([0.0, 1.0])


def _number(text: str | None) -> float:
    return NAN if text is None else number_or_truth(text, "double")
