"""The base of all documents."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A part of what a page shows; made from records of the same field names, never changed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
