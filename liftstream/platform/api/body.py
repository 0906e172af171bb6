"""The body of a new experiment, for the OpenAPI document; `requests.read_request` checks it field by field."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request
from pydantic import BaseModel, Field

from liftstream.contracts.messages import NOT_JSON
from liftstream.experiment import Problem
from liftstream.experiment.trial.guard import GUARDS_MOST
from liftstream.platform.planning.requests import Incoherent
from liftstream.platform.registry import Created


class GuardBody(BaseModel):
    """A metric that must not get worse by its margin."""

    name: str | None = Field(None, max_length=80, description="Default: the outcome, `money` or `bought`.")
    kind: str = Field(
        description="`proportion`, `count`, `mean` or `money`; of revenue `money` or `proportion`."
    )
    outcome: str | None = Field(
        None, max_length=80, description="Name of an outcome on topic_outcome; or give source."
    )
    source: str | None = Field(None, description="`revenue`: money per client, or the share who buy.")
    margin: float | str = Field(
        description="The worsening that is accepted; `2%` is relative to the original's level."
    )
    direction: str = Field("more", description="`more` or `less` is better.")
    cap: float | None = Field(None, gt=0, description="Larger values of a client count as this.")


class NewExperimentBody(BaseModel):
    """What `POST /api/experiments` takes."""

    name: str = Field(min_length=1, max_length=200, description="Name of the experiment; not empty.")
    effect: float = Field(
        gt=0, description="Smallest improvement worth having, per client: $, a share, or a count."
    )
    sd: float | None = Field(
        None, gt=0, description="Standard deviation of a client's money, $; required for money."
    )
    metric: dict[str, str] | None = Field(
        None,
        description='`{"kind": "money|proportion|count", "outcome": "contact"}`, or `{"kind": "proportion", "source": "revenue"}`'
        " for the share of clients who buy; money where left out.",
    )
    guards: list[GuardBody] = Field(
        [], max_length=GUARDS_MOST, description="Metrics that must not get worse, tested at every look."
    )
    base_rate: float | None = Field(
        None, gt=0, description="Level of the original, for a rate or a count; instead of sd."
    )
    alpha: float = Field(
        gt=0, lt=1, description="Significance level: how often an effect is found where there is none."
    )
    power: float = Field(gt=0, lt=1, description="Power: how often such an improvement is found.")
    n_per_arm: int = Field(
        ge=2, description="Clients of the original; at least as many as the numbers above need."
    )
    alternative: str = Field("one-sided", description="`one-sided` or `two-sided`.")
    looks: int | list[float] = Field(
        1, description="Number of looks, or the shares of the clients at which they are made."
    )
    spending: str = Field(
        "obf", description="Design of the bounds: `obf`, `pocock`, ...; see docs/statistics.md."
    )
    spending_parameter: float | None = None
    cumulative_alpha: list[float] | None = Field(
        None, description="Of spending `user`: alpha spent by each look."
    )
    futility: str | None = Field(
        None, description="Spending function for beta: stops early if a candidate is hopeless."
    )
    binding: bool = False
    candidates: int | list[str] = Field(1, description="Number of candidates, or their names.")
    weights: list[float] | dict[str, float] | None = Field(
        None, description="Shares of the arms, the original first."
    )
    margin: float = Field(0.0, description="H0: difference <= margin.")
    cap: float | None = Field(None, description="Larger amounts of a client count as this.")
    exclusive: str = Field("", description="Name of the group of experiments that share no client.")
    share: float = Field(1.0, gt=0, le=1, description="Share of the clients that takes part.")
    aa: bool = Field(False, description="Arms are labels only: checks the measurement.")


class CreatedBody(BaseModel):
    """A new draft; the tokens are shown only once."""

    id: str
    token: str | None = Field(
        description="Token of the only candidate; null for several candidates, and for A/A."
    )
    tokens: dict[str, str] = Field(description="Tokens by candidate.")


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The request body for the OpenAPI document, of a route that checks its body itself.

    Models inside `model` are written out: a reference to them would be looked for in the whole document, not in the schema.
    """
    schema = model.model_json_schema()
    content = {"application/json": {"schema": _written_out(schema, schema.pop("$defs", {}))}}
    return {"requestBody": {"required": True, "content": content}}


def _written_out(schema: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_written_out(one, known) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _written_out(known[schema["$ref"].removeprefix("#/$defs/")], known)
    return {name: _written_out(one, known) for name, one in schema.items()}


async def json_body(request: Request) -> Any:
    """The body, read as JSON.

    Raises:
        Incoherent: it is none.
    """
    try:
        return msgspec.json.decode(await request.body())
    except NOT_JSON:
        raise Incoherent([Problem("body", "the body is not JSON")]) from None


def created_body(made: Created) -> CreatedBody:
    """The answer for a new draft."""
    only = next(iter(made.tokens.values())) if len(made.tokens) == 1 else None
    return CreatedBody(id=made.id, token=only, tokens=made.tokens)
