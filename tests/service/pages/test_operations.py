"""An OpenAPI document in words: kinds, bounds, bodies by reference, answers."""

from typing import Any

import pytest

from liftstream.service.pages.operations import by_group, kind_in_words, operations_of, records_of

ARM = {"$ref": "#/components/schemas/Arm"}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/live": {"get": {"responses": {"200": {"description": "yes"}}}},
        "/arms/{id}": {
            "post": {
                "tags": ["arms"],
                "summary": "Add",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"anyOf": [ARM, {"type": "null"}]}, "example": {}}
                    }
                },
                "responses": {
                    "404": {"description": "none"},
                    "200": {
                        "description": "fine",
                        "content": {"application/json": {"schema": ARM}, "text/html": {}},
                    },
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Arm": {
                "description": "One side.",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 80, "description": "Its name."},
                    "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                },
            }
        }
    },
}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 2.0}, "whole number from 2"),
        (
            {"type": "string", "minLength": 1, "maxLength": 9},
            "text at least 1 characters, at most 9 characters",
        ),
        ({"enum": ["a", "b"]}, "`a` or `b`"),
        ({"type": "array", "items": ARM}, "list of Arm"),
        ({}, "any value"),
    ],
)
def test_a_kind_is_said_in_words(schema: dict[str, Any], said: str) -> None:
    assert kind_in_words(schema) == said


def test_a_route_has_the_fields_of_the_object_that_it_reads() -> None:
    live, add = operations_of(DOCUMENT)
    assert [(one.name, one.kind, one.required) for one in add.fields] == [
        ("name", "text at most 80 characters", True),
        ("share", "number above 0, up to 1", False),
    ]
    assert [(one.name, one.place) for one in add.parameters] == [("id", "path")]
    assert add.answers == [("200", "fine", "Arm, or text/html"), ("404", "none", "")]
    assert (live.fields, live.body, add.body) == ([], "", "{}")


def test_routes_stand_in_their_groups_and_those_without_one_at_the_end() -> None:
    assert [(name, len(found)) for name, found in by_group(operations_of(DOCUMENT))] == [("arms", 1), ("", 1)]


def test_every_named_object_is_told() -> None:
    (arm,) = records_of(DOCUMENT)
    assert (arm.name, arm.says, arm.fields[0].says) == ("Arm", "One side.", "Its name.")
