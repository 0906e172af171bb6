"""The routes of an OpenAPI document, for a page that needs no script and no other site."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

LEAST: Final = {"minimum": "from {}", "exclusiveMinimum": "above {}"}
MOST: Final = {"maximum": "up to {}", "exclusiveMaximum": "below {}"}
LENGTHS: Final = {"minLength": "at least {} characters", "maxLength": "at most {} characters"}
KINDS: Final = {"string": "text", "integer": "whole number", "array": "list", "boolean": "true or false"}


@dataclass(frozen=True)
class RouteField:
    """One value of a body, a query or an answer.

    Attributes:
        kind: what it may be: `number above 0`, `list of ArmDocument`.
        place: of a parameter: `path` or `query`; empty elsewhere.
        required: whether it must be sent.
    """

    name: str
    kind: str
    says: str
    required: bool
    place: str = ""


@dataclass(frozen=True)
class Operation:
    """One route.

    Attributes:
        group: its first tag.
        body: an example of what is sent; empty where there is none.
        fields: of the body.
        answers: status, what it means, and what the body of the answer is.
    """

    method: str
    path: str
    group: str
    summary: str
    description: str
    parameters: list[RouteField]
    body: str
    fields: list[RouteField]
    answers: list[tuple[str, str, str]]


@dataclass(frozen=True)
class RouteRecord:
    """A named object of bodies and answers."""

    name: str
    says: str
    fields: list[RouteField]


def operations_of(description: Mapping[str, Any]) -> list[Operation]:
    """Every route, in the document's order."""
    records = _schemas(description)
    return [
        _operation(method, path, found, records)
        for path, methods in description["paths"].items()
        for method, found in methods.items()
    ]


def by_group(operations: list[Operation]) -> list[tuple[str, list[Operation]]]:
    """The routes by their first tag; those without one come last."""
    ordered = sorted(operations, key=lambda found: found.group == "")
    return [(name, list(found)) for name, found in groupby(ordered, key=lambda found: found.group)]


def records_of(description: Mapping[str, Any]) -> list[RouteRecord]:
    """Every named object, by name."""
    return [
        RouteRecord(name, schema.get("description", ""), list(_fields(schema)))
        for name, schema in sorted(_schemas(description).items())
    ]


def kind_in_words(schema: Mapping[str, Any]) -> str:
    """What a value may be.

    >>> kind_in_words({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1})
    'number above 0, below 1'
    >>> kind_in_words({"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Arm"}}, {"type": "null"}]})
    'list of Arm, or null'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return ", or ".join(kind_in_words(one) for one in schema[choice])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "any value")
    said = KINDS.get(kind, str(kind))
    if kind == "array" and schema.get("items"):
        said += f" of {kind_in_words(schema['items'])}"
    bounds = [
        text.format(f"{schema[name]:g}" if isinstance(schema[name], float) else schema[name])
        for name, text in {**LEAST, **MOST, **LENGTHS}.items()
        if name in schema
    ]
    return f"{said} {', '.join(bounds)}" if bounds else said


def _operation(method: str, path: str, found: Mapping[str, Any], records: Mapping[str, Any]) -> Operation:
    content = found.get("requestBody", {}).get("content", {})
    body: Mapping[str, Any] = next(iter(content.values()), {})
    schema = _resolved(body.get("schema", {}), records)
    return Operation(
        method=method.upper(),
        path=path,
        group=next(iter(found.get("tags", [])), ""),
        summary=found.get("summary", ""),
        description=found.get("description", ""),
        parameters=[_parameter(one) for one in found.get("parameters", [])],
        body=json.dumps(body["example"], indent=2) if "example" in body else "",
        fields=list(_fields(schema)),
        answers=[
            (status, answer.get("description", ""), _answer_kind(answer))
            for status, answer in sorted(found["responses"].items())
        ],
    )


def _parameter(found: Mapping[str, Any]) -> RouteField:
    said = kind_in_words(found.get("schema", {}))
    return RouteField(
        found["name"], said, found.get("description", ""), found.get("required", False), found["in"]
    )


def _answer_kind(answer: Mapping[str, Any]) -> str:
    """`ExperimentDocument`, or the kinds of content that are no JSON."""
    content = answer.get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    others = [name for name in content if name != "application/json"]
    return ", or ".join([*([kind_in_words(schema)] if schema else []), *others])


def _fields(schema: Mapping[str, Any]) -> Iterator[RouteField]:
    required = schema.get("required", [])
    for name, found in schema.get("properties", {}).items():
        yield RouteField(name, kind_in_words(found), found.get("description", ""), name in required)


def _resolved(schema: Mapping[str, Any], records: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself where a body is a named object, or may be left out."""
    for one in schema.get("anyOf", [schema]):
        if "$ref" in one:
            return dict(records[kind_in_words(one)])
    return schema


def _schemas(description: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(description.get("components", {}).get("schemas", {}))
