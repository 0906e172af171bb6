"""`/api/keys`: keys for programs."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from liftstream.platform.api.problems import answers
from liftstream.platform.api.service import TheService
from liftstream.platform.documents.keys import KeyList

router = APIRouter(prefix="/api/keys", tags=["keys"], responses=answers(401))


class NewKeyBody(BaseModel):
    """What the key is for."""

    name: str = Field(
        min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
    )


class KeyBody(BaseModel):
    """A new key, shown only once."""

    name: str
    key: str


@router.get("", summary="All keys")
def keys(service: TheService) -> KeyList:
    """All keys, the newest first; the keys themselves are not kept."""
    return service.keys()


@router.post("", status_code=201, responses=answers(400, 403, 413, 422), summary="Make a key")
def make(service: TheService, body: NewKeyBody) -> KeyBody:
    """Makes a key, which programs send as `Authorization: Bearer KEY`."""
    return KeyBody(name=body.name, key=service.make_key(body.name))


@router.delete("/{id}", status_code=204, responses=answers(403, 404, 422), summary="Revoke a key")
def revoke(service: TheService, id: Annotated[str, Path(max_length=64)]) -> None:
    """Revokes a key: it is refused from now on."""
    service.revoke_key(id)
