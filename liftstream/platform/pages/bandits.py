"""Bandits as people see them: the list, a new one, one with its arms; start, pause, stop, arms that come and go."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from liftstream.bandits.policies.named import POLICIES
from liftstream.contracts.messages import NOT_JSON
from liftstream.platform.api.service import TheService
from liftstream.platform.documents.bandit import BanditDocument
from liftstream.platform.pages.figures.bandit import posterior_of_arms, traffic_of_arms
from liftstream.platform.pages.forms import form_texts
from liftstream.platform.pages.rendering import render
from liftstream.platform.planning.requests import Incoherent

router = APIRouter(include_in_schema=False)
Id = Annotated[str, Path(max_length=64)]
Texts = Annotated[dict[str, str], Depends(form_texts)]
DEFAULTS: dict[str, str] = {
    "name": "",
    "policy": "reference-thompson",
    "objective": "contact",
    "guards": "",
    "quantum_s": "10",
    "attribution_s": "3600",
    "share": "0.15",
    "least_share": "0",
    "burn_in_quanta": "0",
    "parameters": "",
    "generator": "",
    "reference": '{"price": 5, "words": 10}',
    "arms": '{"price": {"price": 20, "words": 10},\n "words": {"price": 5, "words": 30}}',
}
JSON_TEXTS = ("reference", "arms", "parameters", "generator")
NUMBER_TEXTS = ("quantum_s", "attribution_s", "share", "least_share", "burn_in_quanta")


@router.get("/bandits", response_class=HTMLResponse)
def bandits(request: Request, service: TheService) -> HTMLResponse:
    """The list, a row for each bandit."""
    return render(request, "bandits.html", shown=service.bandit_summaries())


@router.get("/bandits/new", response_class=HTMLResponse)
def new_bandit(request: Request) -> HTMLResponse:
    """An empty form with values that work."""
    return _form(request, DEFAULTS, {})


@router.post("/bandits", response_class=HTMLResponse)
def create(request: Request, service: TheService, given: Texts) -> Response:
    """Creates a draft, or says by field what does not fit."""
    texts = {**DEFAULTS, **{name: given[name] for name in DEFAULTS if name in given}}
    document, problems = _document(texts)
    if not problems:
        try:
            return RedirectResponse(f"/bandits/{service.bandits.create(document)}", 303)
        except Incoherent as refused:
            problems = {_field_of(one.field): f"{one.field}: {one.problem}" for one in refused.problems}
    return _form(request, texts, problems, 422)


@router.get("/bandits/{id}", response_class=HTMLResponse)
def bandit(request: Request, service: TheService, id: Id) -> HTMLResponse:
    """The page of a bandit: what is served, what is known of each arm, its log."""
    return _page(request, service, id)


@router.get("/bandits/{id}/report", response_class=HTMLResponse)
def report(request: Request, service: TheService, id: Id) -> HTMLResponse:
    """The report of a bandit."""
    return render_report(request, service.bandit(id))


def render_report(request: Request, shown: BanditDocument) -> HTMLResponse:
    """A report that prints well."""
    figures = [posterior_of_arms(shown), traffic_of_arms(shown)]
    return render(request, "bandit_report.html", shown=shown, figures=figures)


@router.post("/bandits/{id}/start")
def start(service: TheService, id: Id) -> RedirectResponse:
    """Starts serving arms."""
    service.bandits.start(id)
    return RedirectResponse(f"/bandits/{id}", 303)


@router.post("/bandits/{id}/pause")
def pause(service: TheService, id: Id) -> RedirectResponse:
    """Pauses the bandit."""
    service.bandits.pause(id)
    return RedirectResponse(f"/bandits/{id}", 303)


@router.post("/bandits/{id}/stop")
def stop(service: TheService, id: Id) -> RedirectResponse:
    """Ends the bandit for good."""
    service.bandits.stop(id)
    return RedirectResponse(f"/bandits/{id}", 303)


@router.post("/bandits/{id}/arms", response_class=HTMLResponse)
def add_arm(request: Request, service: TheService, id: Id, given: Texts) -> Response:
    """Adds an arm."""
    configuration, said = _json(given.get("configuration", ""))
    if said:
        return _page(request, service, id, said, 422)
    try:
        service.bandits.add_arm(id, {"name": given.get("name", ""), "configuration": configuration})
    except Incoherent as refused:
        return _page(request, service, id, str(refused), 422)
    return RedirectResponse(f"/bandits/{id}", 303)


@router.post("/bandits/{id}/remove")
def remove_arm(service: TheService, id: Id, given: Texts) -> RedirectResponse:
    """Retires or kills an arm."""
    how = "killed" if given.get("how") == "killed" else "retired"
    service.bandits.remove_arm(id, given.get("arm", ""), how)
    return RedirectResponse(f"/bandits/{id}", 303)


def _page(
    request: Request, service: TheService, id: str, problem: str = "", status: int = 200
) -> HTMLResponse:
    shown = service.bandit(id)
    figures = [posterior_of_arms(shown), traffic_of_arms(shown)]
    context = {"kafka": service.kafka(), "problem": problem}
    return render(request, "bandit.html", status, shown=shown, figures=figures, **context)


def _form(
    request: Request, texts: dict[str, str], problems: dict[str, str], status: int = 200
) -> HTMLResponse:
    return render(request, "new_bandit.html", status, texts=texts, problems=problems, policies=list(POLICIES))


def _document(texts: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The request that the form makes, and the problems of fields that cannot be read."""
    read, problems = {}, {}
    for name in JSON_TEXTS:
        read[name], said = _json(texts[name]) if texts[name].strip() else (None, "")
        if said:
            problems[name] = said
    numbers = {}
    for name in NUMBER_TEXTS:
        try:
            numbers[name] = float(texts[name])
        except ValueError:
            problems[name] = f"{texts[name][:40]!r} is not a number; write it with a point, such as 0.15"
    arms = read["arms"] if isinstance(read["arms"], dict) else {}
    document: dict[str, Any] = {
        "name": texts["name"],
        "policy": texts["policy"],
        "objective": texts["objective"],
        "guards": [name.strip() for name in texts["guards"].split(",") if name.strip()],
        "quantum_s": numbers.get("quantum_s"),
        "attribution_s": numbers.get("attribution_s"),
        "least_share": numbers.get("least_share"),
        "burn_in_quanta": numbers.get("burn_in_quanta"),
        "parameters": read["parameters"],
        "generator": read["generator"],
        "arms": [{"name": name, "configuration": configuration} for name, configuration in arms.items()],
    }
    if read["reference"] is not None:
        document["reference"] = {"share": numbers.get("share"), "configuration": read["reference"]}
    return document, problems


def _json(text: str) -> tuple[Any, str]:
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogatepass")), ""
    except NOT_JSON as error:
        return None, f"not JSON: {error}"


def _field_of(field: str) -> str:
    """The box of the form that a field of the request comes from."""
    if field.startswith("arms"):
        return "arms"
    if field.startswith("reference"):
        return "share" if field.endswith("share") else "reference"
    return field.split(".")[0] if field.split(".")[0] in DEFAULTS else "policy"
