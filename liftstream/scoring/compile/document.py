"""A whole document: what surrounds its model is read here, once."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from liftstream.contracts.errors import ModelRefused
from liftstream.scoring.batch.program import Names, Program, Symbol
from liftstream.scoring.compile.models import compile_inside, compile_model, model_of
from liftstream.scoring.expressions.compile import define_derived
from liftstream.scoring.families.compiled import Compiled
from liftstream.scoring.families.kind import ModelCompilation
from liftstream.scoring.fields.fields import (
    DataField,
    MiningField,
    read_dictionary,
    read_mining_field,
    read_schema,
)
from liftstream.scoring.fields.inputs import Input, Inputs
from liftstream.scoring.fields.treatment import validity
from liftstream.scoring.xml.converters import heed_converter
from liftstream.scoring.xml.element import Element

FRAMES: Final = 5_000
"""Calls in one another, in Python: enough for expressions that nest as deep as the gate lets them."""


@contextmanager
def within_depth(source: str) -> Iterator[None]:
    """A step in which numpy says nothing of what is undefined, and a document that goes too deep is refused."""
    try:
        with np.errstate(all="ignore"):
            yield
    except RecursionError as error:
        raise ModelRefused(f"{source}: derived fields refer to each other too deeply") from error


class PmmlDocument:
    """A compiled document: `inputs` makes batches, `model` scores them."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.element = model_of(root)
        self._given: list[Input] = []
        sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))
        with within_depth(root.source):
            heed_converter(root)
            self.dictionary = read_dictionary(root)
            self._rules = self._read_rules()
            self.model = self._compile()
        self.inputs = Inputs(self.program, self._given)

    def _read_rules(self) -> Mapping[str, MiningField]:
        schema = read_schema(self.element)
        return {
            name: read_mining_field(element, self.dictionary[name])
            for name, element in schema.items()
            if name in self.dictionary
        }

    def _compile(self) -> Compiled:
        self.program = Program()
        names = Names(self.program)
        functions: dict[str, Element] = {}
        compilation = ModelCompilation(
            self.program, self.dictionary, functions, names, _version(self.root), compile_model=compile_inside
        )
        for data_field in self.dictionary.values():
            names.define_lazily(data_field.name, partial(self._make_input, data_field))
        transformations = self.root.first("TransformationDictionary")
        if transformations is not None:
            transformations.only("DefineFunction", "DerivedField")
            functions.update({one.need("name"): one for one in transformations.all("DefineFunction")})
            names = names.inside()
            compilation = replace(compilation, names=names)
            for derived in transformations.all("DerivedField"):
                define_derived(derived, compilation)
        for name, rule in self._rules.items():
            if rule.usage == "active":
                names.find(name)
        return compile_model(self.element, compilation)

    def _make_input(self, data_field: DataField) -> Symbol:
        """A field of the dictionary that something refers to, and that the caller has to give."""
        rule = self._rules.get(data_field.name) or MiningField(data_field)
        slot = self.program.add_place() if data_field.type.numeric else self.program.add()
        symbol = Symbol(data_field.name, rule.field.type, slot, valid=validity(rule))
        self._given.append(Input(symbol, rule))
        return symbol


def _version(root: Element) -> tuple[int, int]:
    """The version of PMML that the document says, the newest where it says none."""
    parts = root.attributes.get("version", "").split(".")[:2]
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 and all(map(str.isdecimal, parts)) else (4, 4)
