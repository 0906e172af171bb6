"""Renamed fields of Avro: a value is also found by the old names that its schema lists as aliases.

So a definition that names a field goes on when its producer renames it, as with a reader's schema.
"""

from collections.abc import Callable, Mapping
from typing import Any

AddAliases = Callable[[Any], None]
"""Adds the aliases of its fields to a decoded value, in place."""


def aliases_of(schema: Any, known: Mapping[str, Any]) -> AddAliases | None:
    """The function that adds a schema's aliases; None if it has none.

    Args:
        schema: as fastavro has parsed it.
        known: named types.
    """
    return _Aliases(known).of(schema)


class _Aliases:
    """The functions of a schema's types, each found once; of a type that contains itself only the outermost value gets
    aliases."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known
        self._of_name = dict[str, AddAliases | None]()

    def of(self, schema: Any) -> AddAliases | None:
        if isinstance(schema, list):
            return _of_union([self.of(one) for one in schema])
        if isinstance(schema, str):
            return self.of(self._known[schema]) if schema in self._known else None
        kind = schema["type"]
        if kind in ("record", "error"):
            return self._of_record(schema)
        if kind in ("array", "map"):
            return _of_many(self.of(schema["items" if kind == "array" else "values"]))
        return self.of(kind) if isinstance(kind, list | dict) else None

    def _of_record(self, schema: Any) -> AddAliases | None:
        name = schema["name"]
        if name not in self._of_name:
            self._of_name[name] = None  # what it contains of its own kind keeps its names
            fields = [(one["name"], one.get("aliases", ()), self.of(one["type"])) for one in schema["fields"]]
            self._of_name[name] = _of_fields([one for one in fields if one[1] or one[2] is not None])
        return self._of_name[name]


def _of_fields(fields: list[tuple[str, Any, AddAliases | None]]) -> AddAliases | None:
    if not fields:
        return None

    def add(value: Any) -> None:
        if not isinstance(value, dict):
            return
        for name, aliases, of_value in fields:
            if name in value:
                if of_value is not None:
                    of_value(value[name])
                for alias in aliases:
                    value.setdefault(alias, value[name])

    return add


def _of_union(branches: list[AddAliases | None]) -> AddAliases | None:
    found = [one for one in branches if one is not None]
    if not found:
        return None

    def add(value: Any) -> None:
        for one in found:
            one(value)

    return add


def _of_many(of_each: AddAliases | None) -> AddAliases | None:
    if of_each is None:
        return None

    def add(value: Any) -> None:
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            of_each(one)

    return add
