"""Any JSON, and whether an answer is one that an OpenAPI document names."""

from typing import Any

import httpx
import jsonschema
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def check_answer(document: dict[str, Any], path: str, method: str, answer: httpx.Response) -> None:
    """The status is declared for the operation, and the body follows its schema."""
    declared = document["paths"][path][method]["responses"]
    assert answer.status_code < 500 or str(answer.status_code) in declared, answer.text
    assert str(answer.status_code) in declared, (
        f"{method} {path} answered {answer.status_code}: {answer.text[:200]}"
    )
    content = declared[str(answer.status_code)].get("content", {}).get("application/json")
    if content and answer.headers.get("content-type", "").startswith("application/json"):
        schema = {**content["schema"], "components": document.get("components", {})}
        jsonschema.validate(answer.json(), schema, cls=jsonschema.Draft202012Validator)
