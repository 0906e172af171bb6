"""From what a caller has (columns of any kind, or a matrix of numbers) to the treated block and words of a batch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Floats, Words, to_float32
from liftstream.scoring.batch.program import Batch, Program, Symbol
from liftstream.scoring.fields.cells import read_codes, read_numbers, read_words
from liftstream.scoring.fields.fields import MiningField
from liftstream.scoring.fields.screen import Screen
from liftstream.scoring.fields.treatment import NumberTreatment, WordTreatment
from liftstream.scoring.xml.types import NAN


class CodedWords(Protocol):
    """The words that codes stand for."""

    @property
    def words(self) -> Sequence[str]:
        """By code; more may come."""


class Input(NamedTuple):
    """A field that the caller gives."""

    symbol: Symbol
    rule: MiningField


class Inputs:
    """The fields that a model asks for, in the order in which it was compiled."""

    def __init__(self, program: Program, given: Sequence[Input]) -> None:
        self.program, self.given = program, tuple(given)
        self.numeric = [one for one in given if one.symbol.type.numeric]
        self.textual = [one for one in given if not one.symbol.type.numeric]
        self.names = tuple(one.symbol.name for one in given)
        self.slots = tuple(one.symbol.slot for one in given)
        self._treatments = [NumberTreatment(one.rule) for one in self.numeric]
        self._word_treatments = [WordTreatment(one.rule) for one in self.textual]
        self._screen = Screen(self._treatments)
        self._float32 = np.array([one.symbol.type.float32 for one in self.numeric], dtype=bool)
        self._any_float32 = bool(self._float32.any())
        self._all_float32 = bool(self._float32.all())

    def from_columns(self, columns: Mapping[str, Any], rows: int) -> Batch:
        """A batch of named columns: arrays, lists or series of numbers, text, booleans; an absent one is missing."""
        block = np.full((rows, self.program.width), NAN)
        unreadable: dict[int, Words] = {}
        for place, one in enumerate(self.numeric):
            if one.symbol.name in columns:
                block[:, place], bad = read_numbers(columns[one.symbol.name], one.symbol.type.datatype)
                if bad is not None:
                    unreadable[place] = bad
        batch = self._batch(block, unreadable)
        for one, treatment in zip(self.textual, self._word_treatments, strict=True):
            raw = columns.get(one.symbol.name)
            words = (
                Words(np.full(rows, MISSING), ())
                if raw is None
                else read_words(raw, one.symbol.type.datatype, one.rule.field.type.values)
            )
            batch.fill(one.symbol.slot, treatment(words, batch))
        return batch

    def matrix_reader(
        self,
        names: Sequence[str],
        position: Mapping[str, int] | None,
        vocabularies: Mapping[int, CodedWords] | None,
    ) -> Callable[[Floats], Batch]:
        """Makes batches of matrices whose columns are `names`; every input must be among them.

        Args:
            names: of the columns.
            position: the column of each input; None: the one of its name.
            vocabularies: of the columns that hold codes of words.
        """
        position = position or {name: index for index, name in enumerate(names)}
        coded = vocabularies or {}
        order = np.array([position[one.symbol.name] for one in self.numeric], dtype=np.intp)
        words = [position[one.symbol.name] for one in self.textual]
        same = len(order) == len(names) and bool((order == np.arange(len(names))).all())

        def read(matrix: Floats) -> Batch:
            batch = self._batch(matrix if same else matrix[:, order], {})
            for one, treatment, at in zip(self.textual, self._word_treatments, words, strict=True):
                column = matrix[:, at]
                said = (
                    read_codes(column, coded[at].words)
                    if at in coded
                    else read_words(column, declared=one.rule.field.type.values)
                )
                batch.fill(one.symbol.slot, treatment(said, batch))
            return batch

        return read

    def _batch(self, block: Floats, unreadable: Mapping[int, Words]) -> Batch:
        if self._all_float32 and len(self._float32):
            block = to_float32(block)
        elif self._any_float32:
            block = np.where(self._float32, to_float32(block), block)
        batch = Batch(self.program, block)
        suspects = set(self._screen(block)) | set(unreadable)
        if suspects:
            block = batch.block = block.copy()
            for place in sorted(suspects):
                block[:, place] = self._treatments[place](block[:, place], unreadable.get(place), batch)
        return batch
