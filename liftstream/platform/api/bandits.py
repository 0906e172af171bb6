"""`/api/bandits`: create, start, pause, stop, change arms, decide, watch."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from liftstream.contracts.messages import PRINTABLE_IN_QUERY
from liftstream.platform.api.body import body_of, json_body
from liftstream.platform.api.events import bandit_events
from liftstream.platform.api.problems import answers
from liftstream.platform.api.service import TheService
from liftstream.platform.api.streamed import csv_file, responses_of
from liftstream.platform.bandits.service import LiveBandits
from liftstream.platform.documents.bandit import BanditArmDocument, BanditDocument, BanditSummary
from liftstream.service.clock import now_ms

router = APIRouter(prefix="/api/bandits", tags=["bandits"], responses=answers(401))
Id = Annotated[str, Path(max_length=64, description="Id of a bandit.")]
Arm = Annotated[str, Path(max_length=80, description="Name of an arm.")]
Unit = Annotated[str, Query(min_length=1, max_length=200, pattern=PRINTABLE_IN_QUERY)]


class NewArmBody(BaseModel):
    """An arm: a named configuration."""

    name: str = Field(min_length=1, max_length=80)
    configuration: dict[str, Any] = Field(description="Any JSON object that the caller can use.")


class ReferenceBody(BaseModel):
    """The group that is always served the same configuration."""

    share: float = Field(gt=0, lt=1, description="Share of the units.")
    configuration: dict[str, Any]


class NewBanditBody(BaseModel):
    """What `POST /api/bandits` takes."""

    name: str = Field(min_length=1, max_length=200)
    arms: list[NewArmBody] = Field(min_length=1)
    policy: str = Field(
        description="`epsilon-greedy`, `epsilon-decreasing`, `ucb1`, `thompson`, `dynamic`, `reference-thompson`."
    )
    parameters: dict[str, Any] = Field({}, description="Parameters of the policy.")
    reference: ReferenceBody | None = Field(None, description="Required by `reference-thompson`.")
    quantum_s: float = Field(10, ge=1, description="How long one arm is served.")
    objective: str = Field("contact", description="Name of the outcome that the policy learns from.")
    guards: list[str] = Field([], description="Outcomes that must not get worse.")
    attribution_s: float = Field(3600, description="How long after its quantum feedback still counts.")
    least_share: float = Field(0, description="Smallest probability of each arm.")
    burn_in_quanta: int = Field(
        0, description="Quanta at the beginning in which all arms are equally likely."
    )
    generator: dict[str, Any] | None = Field(None, description="How new arms are created automatically.")


class BanditIdBody(BaseModel):
    """A new bandit."""

    id: str


class ChoiceBody(BaseModel):
    """What a unit is served until `until_ms`; send `decision` back with impressions and outcomes."""

    decision: str
    group: str = Field(description="`target` or `reference`.")
    arm: str
    configuration: dict[str, Any]
    propensity: float
    quantum: int
    until_ms: int


@router.post(
    "",
    status_code=201,
    openapi_extra=body_of(NewBanditBody),
    responses=answers(400, 403, 413, 422),
    summary="Create a draft",
)
def create(service: TheService, document: Annotated[Any, Depends(json_body)]) -> BanditIdBody:
    """Writes a draft whose values fit together."""
    return BanditIdBody(id=service.bandits.create(document))


@router.get("", summary="All bandits")
def bandits(service: TheService) -> list[BanditSummary]:
    """All bandits, the newest first."""
    return service.bandit_summaries()


@router.get("/{id}", responses=answers(404, 422), summary="One bandit")
def bandit(service: TheService, id: Id) -> BanditDocument:
    """State, what is served, what is known of each arm, ratios to the reference group, checks, log."""
    return service.bandit(id)


@router.post("/{id}/start", responses=answers(403, 404, 409, 422), summary="Start or go on")
def start(service: TheService, id: Id) -> BanditDocument:
    """Starts a draft, or goes on after a pause: arms are served from now on."""
    service.bandits.start(id)
    return service.bandit(id)


@router.post("/{id}/pause", responses=answers(403, 404, 409, 422), summary="Pause")
def pause(service: TheService, id: Id) -> BanditDocument:
    """Serves nothing until the bandit is started again."""
    service.bandits.pause(id)
    return service.bandit(id)


@router.post("/{id}/stop", responses=answers(403, 404, 409, 422), summary="Stop for good")
def stop(service: TheService, id: Id) -> BanditDocument:
    """Ends the bandit; late feedback still counts for the attribution time."""
    service.bandits.stop(id)
    return service.bandit(id)


@router.post(
    "/{id}/arms",
    status_code=201,
    openapi_extra=body_of(NewArmBody),
    responses=answers(400, 403, 404, 409, 413, 422),
    summary="Add an arm",
)
def add_arm(service: TheService, id: Id, document: Annotated[Any, Depends(json_body)]) -> BanditArmDocument:
    """Adds an arm, which is first served within ten quanta."""
    name = service.bandits.add_arm(id, document).name
    return next(arm for arm in service.bandit(id).arms if arm.name == name)


@router.post("/{id}/arms/{arm:path}/retire", responses=answers(403, 404, 409, 422), summary="Retire an arm")
def retire(service: TheService, id: Id, arm: Arm) -> BanditDocument:
    """Retires an arm: it gets no new quantum."""
    service.bandits.remove_arm(id, arm, "retired")
    return service.bandit(id)


@router.post("/{id}/arms/{arm:path}/kill", responses=answers(403, 404, 409, 422), summary="Kill an arm")
def kill(service: TheService, id: Id, arm: Arm) -> BanditDocument:
    """Kills an arm: it gets no new quantum, and the report calls it harmful."""
    service.bandits.remove_arm(id, arm, "killed")
    return service.bandit(id)


@router.get(
    "/{id}/choice",
    response_model=ChoiceBody,
    responses=answers(404, 409, 422),
    summary="What a unit is served",
)
async def choice(request: Request, id: Id, unit: Unit) -> Response:
    """Group, arm, configuration, propensity and decision id of a unit; may be kept until `until_ms`, as Cache-Control
    says."""
    live: LiveBandits = request.app.state.service.bandits
    found = live.choice_now(id, unit)
    if found is None:
        found = await run_in_threadpool(live.choice, id, unit)
    body, until_ms = found
    seconds = max(0, (until_ms - now_ms()) // 1_000)
    headers = {"Cache-Control": f"private, max-age={seconds}"}
    return Response(body, media_type="application/json", headers=headers)


@router.get(
    "/{id}/decisions.csv",
    response_class=StreamingResponse,
    responses=responses_of("text/csv", 404, 422),
    summary="The decisions",
)
def decisions(service: TheService, id: Id) -> StreamingResponse:
    """A CSV line per quantum, with propensity and reward: what `liftstream bandit evaluate` reads."""
    service.bandits.find(id)
    return csv_file(service.decision_parts(id), f"decisions-{id}.csv")


@router.get(
    "/{id}/events",
    response_class=StreamingResponse,
    responses=responses_of("text/event-stream", 404, 422, 503),
    summary="Changes as they happen",
)
async def events(request: Request, service: TheService, id: Id) -> Response:
    """Server-sent events, one per change and at most two a second."""
    return await bandit_events(service, id, request)


@router.get(
    "/{id}/report",
    response_model=BanditDocument,
    responses=responses_of("text/html", 404, 422),
    summary="The report",
)
def report(
    request: Request,
    service: TheService,
    id: Id,
    format: Annotated[str, Query(pattern="^(json|html)$", description="`json` or `html`.")] = "json",
) -> Any:
    """Everything that is known of a bandit, in every state."""
    found = service.bandit(id)
    if format == "html":
        return request.app.state.render_bandit_report(request, found)
    return found
