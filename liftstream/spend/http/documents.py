"""Requests and answers for the OpenAPI document; `forecast.request` checks a data object, by path."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

Id = int | str


class User(BaseModel):
    """Somebody to predict for."""

    user_id: Id
    name: str | None = None
    city: str | None = Field(None, description="To model B an unknown city is an average one.")
    street: str | None = None


class Event(BaseModel):
    """A product was viewed or bought in a session."""

    session_id: Id
    timestamp: int | str = Field(
        description="Milliseconds since 1970, or ISO 8601; without a zone it is UTC."
    )
    user_id: Id
    product_id: Id
    event_type: Literal["VIEW_PRODUCT", "BUY_PRODUCT"]
    offered_discount: float = Field(ge=0, le=100, description="Discount in percent.")
    purchase_id: Id | None = None


class Product(BaseModel):
    """Something that is sold."""

    product_id: Id
    product_name: str | None = None
    category_path: str | None = None
    price: float = Field(ge=0, le=1_000_000)


class DataObject(BaseModel):
    """Users, sessions and products until now; `deliveries` may be sent and are not read: they leak the future."""

    users: list[User] = Field(max_length=100_000)
    sessions: list[Event]
    products: list[Product]
    deliveries: list[dict[str, Any]] | None = None


EXAMPLE: Final = {
    "users": [{"user_id": 139, "name": "Ann", "city": "Radom", "street": "Long Street 1"}],
    "sessions": [
        {
            "session_id": 124,
            "timestamp": "2021-11-20T21:04:11",
            "user_id": 139,
            "product_id": 1001,
            "event_type": "BUY_PRODUCT",
            "offered_discount": 10,
            "purchase_id": 20001,
        }
    ],
    "products": [
        {"product_id": 1001, "product_name": "Phone", "category_path": "Electronics;Phones", "price": 58.97}
    ],
}


def takes(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    """The request body of an operation, for the OpenAPI document."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


DATA_OBJECT: Final = takes(DataObject.model_json_schema(), EXAMPLE)
TRUE_VALUES: Final = takes(
    {
        "type": "object",
        "title": "TrueValues",
        "additionalProperties": {"type": "number", "minimum": 0},
        "description": "What each user really spent in the period.",
    },
    {"102": 5743.62},
)
