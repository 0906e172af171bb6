"""`/api/experiments`: create, start, stop, watch, report."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from liftstream.platform.api.body import CreatedBody, NewExperimentBody, body_of, created_body, json_body
from liftstream.platform.api.events import experiment_events
from liftstream.platform.api.problems import answers
from liftstream.platform.api.service import TheService
from liftstream.platform.api.streamed import csv_file, responses_of
from liftstream.platform.clients_file import client_lines
from liftstream.platform.documents.experiment import ExperimentDocument, ExperimentSummary
from liftstream.platform.documents.report import ReportDocument

router = APIRouter(prefix="/api/experiments", tags=["experiments"], responses=answers(401))
Id = Annotated[str, Path(max_length=64, description="Id of an experiment.")]


class StopBody(BaseModel):
    """Why an experiment is stopped; the whole body may be left out."""

    reason: str = Field("", max_length=500)


class RollOutBody(BaseModel):
    """The arm that decides for everybody."""

    arm: str | None = Field(None, max_length=80, description="Default: the candidate that improves.")


class TokenBody(BaseModel):
    """A new token, shown only once."""

    candidate: str
    token: str


@router.post(
    "",
    status_code=201,
    openapi_extra=body_of(NewExperimentBody),
    responses=answers(400, 403, 413, 422, 503),
    summary="Create a draft",
)
def create(service: TheService, document: Annotated[Any, Depends(json_body)]) -> CreatedBody:
    """Seals a plan whose numbers fit together; the answer holds the candidates' tokens, this once."""
    return created_body(service.create(document))


@router.get("", summary="All experiments")
def experiments(service: TheService) -> list[ExperimentSummary]:
    """All experiments, the newest first: state, plan, counts and revenue per arm, checks, verdict."""
    return service.summaries()


@router.get("/{id}", responses=answers(404, 422), summary="One experiment")
def experiment(service: TheService, id: Id) -> ExperimentDocument:
    """State, plan, counts and revenue per arm, checks, verdict."""
    return service.experiment(id)


@router.post("/{id}/start", responses=answers(403, 404, 409, 422), summary="Start a draft")
def start(service: TheService, id: Id) -> ExperimentDocument:
    """Starts a draft: clients are drawn from now on, and the plan cannot be changed."""
    service.start(id)
    return service.experiment(id)


@router.post("/{id}/stop", responses=answers(400, 403, 404, 409, 413, 422), summary="Stop a running one")
def stop(service: TheService, id: Id, body: StopBody | None = None) -> ExperimentDocument:
    """Ends it before its plan, without a verdict."""
    service.stop(id, body.reason if body else "")
    return service.experiment(id)


@router.post("/{id}/rollout", responses=answers(400, 403, 404, 409, 413, 422), summary="Roll out an arm")
def roll_out(service: TheService, id: Id, body: RollOutBody | None = None) -> ExperimentDocument:
    """Lets an arm of an ended experiment decide for every client whom no running experiment takes.

    It takes the place of whatever was rolled out before.
    """
    service.roll_out(id, body.arm if body else None)
    return service.experiment(id)


@router.delete("/{id}/rollout", responses=answers(403, 404, 409, 422), summary="Take a roll-out back")
def take_back(service: TheService, id: Id) -> ExperimentDocument:
    """Takes the roll-out back: the arm no longer decides for anybody."""
    service.take_back(id)
    return service.experiment(id)


@router.delete("/{id}", status_code=204, responses=answers(403, 404, 409, 422), summary="Discard a draft")
def discard(service: TheService, id: Id) -> None:
    """Deletes a draft with its tokens; an experiment that was started stays."""
    service.discard(id)


@router.post(
    "/{id}/tokens/{candidate:path}",
    status_code=201,
    responses=answers(403, 404, 409, 422),
    summary="Replace a token",
)
def renew_token(service: TheService, id: Id, candidate: Annotated[str, Path(max_length=80)]) -> TokenBody:
    """Revokes the candidate's token and makes a new one."""
    return TokenBody(candidate=candidate, token=service.renew_token(id, candidate))


@router.get(
    "/{id}/events",
    response_class=StreamingResponse,
    responses=responses_of("text/event-stream", 404, 422, 503),
    summary="Changes as they happen",
)
async def events(request: Request, service: TheService, id: Id) -> Response:
    """Server-sent events, one per change and at most two a second: `event: change`, data a short JSON object."""
    return await experiment_events(service, id, request)


@router.get(
    "/{id}/report",
    response_model=ReportDocument,
    responses=responses_of("text/html", 404, 422),
    summary="The report",
)
def report(
    request: Request,
    service: TheService,
    id: Id,
    format: Annotated[str, Query(pattern="^(json|html)$", description="`json` or `html`.")] = "json",
) -> Any:
    """The result with sealed plan and ledger, in every state; a running experiment's is provisional."""
    found = service.report(id)
    if format == "html":
        return request.app.state.render_report(request, found)
    return JSONResponse(found.model_dump(mode="json"))


@router.get(
    "/{id}/clients.csv",
    response_class=StreamingResponse,
    responses=responses_of("text/csv", 404, 422, 503),
    summary="The clients",
)
def clients(service: TheService, id: Id) -> StreamingResponse:
    """A CSV line per client: what `liftstream analyze` reads to reach the same verdict."""
    return csv_file(client_lines(service, id), f"clients-{id}.csv")
