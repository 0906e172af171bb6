"""New experiment: the linked numbers, answered as they are typed; and the token, shown once."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from liftstream.experiment import Problem
from liftstream.platform.api.documents import planning_values
from liftstream.platform.api.service import TheService
from liftstream.platform.documents.new_experiment import PlanningDocument, ProblemDocument, with_defaults
from liftstream.platform.pages import field_texts, fields
from liftstream.platform.pages.commands import worker_commands
from liftstream.platform.pages.figures.planning import power_by_clients, power_by_effect
from liftstream.platform.pages.forms import form_texts
from liftstream.platform.pages.rendering import render
from liftstream.platform.planning.form import EXAMPLES, asked_for, field_of, measure_of
from liftstream.platform.planning.requests import Incoherent

SMALLEST_SHARE: Final = 1e-4

router = APIRouter(include_in_schema=False)
Texts = Annotated[dict[str, str], Depends(form_texts)]


@router.get("/experiments/new", response_class=HTMLResponse)
def new_experiment(request: Request, service: TheService) -> HTMLResponse:
    """The form; its fields may stand in the query, as in the page's `.json`."""
    given = _switched(service, dict(request.query_params))
    planned = service.planning(planning_values(given))
    return _form(request, given, planned, planned.problems)


@router.post("/experiments", response_class=HTMLResponse)
def create(request: Request, service: TheService, given: Texts) -> HTMLResponse:
    """Seals the plan; a plan that does not fit comes back with its fields marked."""
    values = with_defaults(planning_values(given))
    try:
        made = service.create(asked_for(values))
    except Incoherent as refused:
        return _form(
            request, given, service.planning(planning_values(given)), refused.problems, refused_at_once=True
        )
    return render(
        request,
        "token.html",
        201,
        id=made.id,
        name=values["name"],
        state="draft",
        tokens=made.tokens,
        commands=worker_commands(service.settings.kafka, made.tokens),
        fresh=True,
    )


def _switched(service: TheService, given: dict[str, str]) -> dict[str, str]:
    """The form after another measure was chosen: an example of it, and the clients that it needs."""
    measure = measure_of(given)
    if measure == given.get("measured", measure) or measure not in EXAMPLES:
        return given
    kept = {
        name: text for name, text in given.items() if name not in {"effect", "sd", "base_rate", "n_per_arm"}
    }
    needed = service.planning(planning_values(kept)).fits.get("n_per_arm")
    return kept | ({} if needed is None else {"n_per_arm": field_texts.fitting("n_per_arm", needed)})


def _form(
    request: Request,
    given: Mapping[str, str],
    planned: PlanningDocument,
    problems: Sequence[Problem | ProblemDocument],
    *,
    refused_at_once: bool = False,
) -> HTMLResponse:
    texts, measure = field_texts.texts(given), measure_of(given)
    return render(
        request,
        "new_experiment.html",
        422 if refused_at_once else 200,
        fields=fields,
        measure=measure,
        linked=fields.linked(measure),
        spread=fields.spread(measure),
        texts=texts,
        planned=planned,
        figures=[power_by_clients(planned), power_by_effect(planned)],
        problems=_by_field(problems, texts, planning_values(dict(given))),
        more_is_asked=_more_is_asked(texts, planned.values),
        refused=refused_at_once,
        answers=_answers(planned, texts),
    )


def _more_is_asked(texts: Mapping[str, str], values: Mapping[str, Any]) -> bool:
    """Whether a folded field differs from its default: a link that was sent hides nothing."""
    usual = field_texts.texts({})
    folded = [field.name for field in fields.MORE]
    return bool(values.get("aa")) or any(texts.get(name) != usual.get(name) for name in folded)


def _by_field(
    problems: Sequence[Problem | ProblemDocument], texts: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The first problem of each field, with the text that would fit and the address that has it."""
    found: dict[str, dict[str, Any]] = {}
    shares = fields.shares_of(measure_of(values))
    for problem in problems:
        name = field_of(problem.field, values)
        text = None if problem.fits is None else field_texts.fitting(name, problem.fits, shares)
        text = field_texts.meant(name, texts.get(name, ""), shares) or text
        address = text and field_texts.address_with(texts, name, text)
        said = problem.problem
        if said.startswith(f"{name} "):
            said = said.replace(name, fields.label_of(name), 1)
        found.setdefault(name, {"said": said, "fits": text, "address": address})
    return found


def _answers(planned: PlanningDocument, texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What each linked number would be, given the others."""
    found = {}
    shares = fields.shares_of(measure_of(planned.values))
    for name, value in planned.fits.items():
        if value is None:
            continue
        text = field_texts.fitting(name, value, shares)
        if name in shares and not SMALLEST_SHARE <= value <= 1 - SMALLEST_SHARE:
            continue  # "0 %" and "100 %" are no plans
        found[name] = {
            "text": text,
            "same": text == field_texts.shown(name, planned.values.get(name), shares),
            "address": field_texts.address_with(texts, name, text),
        }
    return found
