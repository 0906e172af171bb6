"""Log-in and log-out of people; the form itself is a page."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from liftstream.platform.api.problems import answers
from liftstream.platform.api.service import TheService
from liftstream.platform.security.entrance import Entrance
from liftstream.platform.security.logins import COOKIE, LASTS_MS
from liftstream.service.database import writing
from liftstream.service.http.host import address_of

router = APIRouter(tags=["log-in"], responses=answers(403))


@router.post(
    "/login",
    status_code=303,
    response_class=RedirectResponse,
    responses=answers(400, 413, 422),
    summary="Log in",
)
def login(
    request: Request,
    service: TheService,
    password: Annotated[str, Form(max_length=1_000)],
    to: Annotated[str, Form(max_length=2_000)] = "/",
) -> RedirectResponse:
    """Logs in, and redirects to the page that was asked for, or back to the form with `?wrong=1` or `?wait=1`."""
    entrance: Entrance | None = request.app.state.entrance
    onward = to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
    if entrance is None:
        return RedirectResponse(onward, 303)
    said = entrance.judge(address_of(request), password)
    if said != "right":
        return RedirectResponse(f"/login?{said}=1&to={quote(onward, safe='')}", 303)
    with writing(service.engine) as connection:
        cookie = entrance.logins.begin(connection, service.now_ms())
    answer = RedirectResponse(onward, 303)
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=LASTS_MS // 1_000,
        httponly=True,
        samesite="lax",  # a link in an e-mail opens its page; forms of other sites are refused by their origin
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/logout", status_code=303, response_class=RedirectResponse, summary="Log out")
def logout(request: Request, service: TheService) -> RedirectResponse:
    """Logs out, and redirects to the form."""
    entrance: Entrance | None = request.app.state.entrance
    if entrance is not None and (cookie := request.cookies.get(COOKIE)):
        with writing(service.engine) as connection:
            entrance.logins.end(connection, cookie)
        service.changes.publish_to_all()
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer
