"""The form that asks for the password; the log-in itself is the API's."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from liftstream.platform.pages.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/login", response_class=HTMLResponse)
def login(request: Request, to: str = "/", wrong: bool = False, wait: bool = False) -> Response:
    """The form; redirects to the list if no password is set."""
    if request.app.state.entrance is None:
        return RedirectResponse("/", 303)
    said = "Too many wrong attempts. Wait a minute." if wait else "This is not the password." if wrong else ""
    return render(request, "login.html", to=to, refused=said)
