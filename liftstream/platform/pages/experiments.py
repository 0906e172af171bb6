"""The list, an experiment and its report; start, stop, roll out and a new token."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from liftstream.platform.api.service import TheService
from liftstream.platform.documents.experiment import ExperimentDocument
from liftstream.platform.documents.report import ReportDocument
from liftstream.platform.pages.commands import check_again, shop_command, worker_commands
from liftstream.platform.pages.figures.answer_times import answer_times
from liftstream.platform.pages.figures.bounds import bounds_and_path
from liftstream.platform.pages.figures.difference import difference_over_time
from liftstream.platform.pages.figures.strips import strips
from liftstream.platform.pages.forms import form_texts
from liftstream.platform.pages.rendering import render
from liftstream.platform.pages.situations import RESULTS
from liftstream.service.pages.figure import Figure

router = APIRouter(include_in_schema=False)
Id = Annotated[str, Path(max_length=64)]
Texts = Annotated[dict[str, str], Depends(form_texts)]


@router.get("/", response_class=HTMLResponse)
@router.get("/experiments", response_class=HTMLResponse)
def experiments(request: Request, service: TheService) -> HTMLResponse:
    """The list, a row for each experiment."""
    return render(
        request,
        "experiments.html",
        shown=service.experiments(),
        shop_command=shop_command(service.settings.kafka),
    )


@router.get("/how-to-read", response_class=HTMLResponse)
def how_to_read(request: Request) -> HTMLResponse:
    """The page `/how-to-read`: an experiment's page explained, for decision makers."""
    example = strips([(0.87, 0.27, 1.44)], planned=0.7)[0]
    return render(request, "how_to_read.html", meanings=RESULTS.items(), example=example)


@router.get("/experiments/{id}", response_class=HTMLResponse)
def experiment(request: Request, service: TheService, id: Id) -> HTMLResponse:
    """The page of an experiment: verdict, evidence, machinery."""
    shown = service.experiment(id)
    return render(
        request, "experiment.html", shown=shown, figures=_figures(shown, service.patience_ms), patience_ms=service.patience_ms
    )  # fmt: skip


@router.get("/experiments/{id}/report", response_class=HTMLResponse)
def report(request: Request, service: TheService, id: Id) -> HTMLResponse:
    """The report of an experiment."""
    return render_report(request, service.report(id))


def render_report(request: Request, report: ReportDocument) -> HTMLResponse:
    """A report that prints well."""
    return render(
        request,
        "report.html",
        shown=report,
        figures=_figures(report, request.app.state.service.patience_ms),
        commands=check_again(str(request.base_url), report.id, request.app.state.entrance is not None),
    )


@router.post("/experiments/{id}/start")
def start(service: TheService, id: Id) -> RedirectResponse:
    """Starts a draft: clients are drawn from now on."""
    service.start(id)
    return RedirectResponse(f"/experiments/{id}", 303)


@router.post("/experiments/{id}/discard")
def discard(service: TheService, id: Id) -> RedirectResponse:
    """Deletes a draft."""
    service.discard(id)
    return RedirectResponse("/", 303)


@router.post("/experiments/{id}/stop")
def stop(service: TheService, id: Id, given: Texts) -> RedirectResponse:
    """Ends a running experiment before its plan."""
    service.stop(id, given.get("reason", ""))
    return RedirectResponse(f"/experiments/{id}", 303)


@router.post("/experiments/{id}/rollout")
def roll_out(service: TheService, id: Id, given: Texts) -> RedirectResponse:
    """Lets an arm of an ended experiment decide for everybody."""
    service.roll_out(id, given.get("arm") or None)
    return RedirectResponse(f"/experiments/{id}", 303)


@router.post("/experiments/{id}/take-back")
def take_back(service: TheService, id: Id) -> RedirectResponse:
    """Takes the roll-out back."""
    service.take_back(id)
    return RedirectResponse(f"/experiments/{id}", 303)


@router.post("/experiments/{id}/token", response_class=HTMLResponse)
def renew_token(request: Request, service: TheService, id: Id, given: Texts) -> HTMLResponse:
    """Replaces the token of a candidate, and shows the new one once."""
    candidate = given.get("candidate", "")
    tokens = {candidate: service.renew_token(id, candidate)}
    shown = service.experiment(id)
    return render(
        request,
        "token.html",
        id=id,
        name=shown.name,
        state=shown.state,
        tokens=tokens,
        commands=worker_commands(service.settings.kafka, tokens),
        fresh=False,
    )


def _figures(shown: ExperimentDocument, patience_ms: float) -> dict[str, list[Figure]]:
    """The pictures by candidate: difference, bounds with path, answer times; with several candidates each names its
    own."""
    arms = {arm.arm: arm for arm in shown.arms}
    drawn = {
        found.candidate: [
            difference_over_time(found, shown.plan, f"difference-{number}", provisional=shown.provisional),
            bounds_and_path(found, shown.plan, f"bounds-{number}"),
            answer_times(arms[found.candidate], patience_ms, f"answers-{number}"),
        ]
        for number, found in enumerate(shown.candidates, start=1)
    }
    if len(drawn) == 1:
        return drawn
    return {
        name: [replace(figure, title=f"{figure.title}: {name}") for figure in figures]
        for name, figures in drawn.items()
    }
