"""API keys for programs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from liftstream.platform.api.service import TheService
from liftstream.platform.ingest.running.event_log import one_line
from liftstream.platform.pages.commands import ask_with_key
from liftstream.platform.pages.forms import form_texts
from liftstream.platform.pages.rendering import render

router = APIRouter(include_in_schema=False)
Texts = Annotated[dict[str, str], Depends(form_texts)]
NAME_MOST = 200


@router.get("/keys", response_class=HTMLResponse)
def keys(request: Request, service: TheService) -> HTMLResponse:
    """The list of keys, without the keys themselves."""
    return render(request, "keys.html", shown=service.keys(), made=None, refused="")


@router.post("/keys", response_class=HTMLResponse)
def make(request: Request, service: TheService, given: Texts) -> HTMLResponse:
    """A new key, shown once."""
    name = one_line(given.get("name", ""), NAME_MOST)
    if not name:
        refused = "Say what the key is for: a name is missing."
        return render(request, "keys.html", 422, shown=service.keys(), made=None, refused=refused)
    key = service.make_key(name)
    made = {"name": name, "key": key, "command": ask_with_key(str(request.base_url), key)}
    return render(request, "keys.html", 201, shown=service.keys(), made=made, refused="")


@router.post("/keys/{id}/revoke")
def revoke(service: TheService, id: Annotated[str, Path(max_length=64)]) -> RedirectResponse:
    """Revokes a key."""
    service.revoke_key(id)
    return RedirectResponse("/keys", 303)
