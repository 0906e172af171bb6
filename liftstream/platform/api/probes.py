"""`/live`, `/ready`, `/metrics`: for supervisors and monitoring.

The first two are answered on the event loop: they wait for no thread, however many wait for the database.
"""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from liftstream.platform.api.service import TheService
from liftstream.platform.metrics import registry_of
from liftstream.service.http.probes import ProbeBody

router = APIRouter(tags=["probes"])


@router.get("/live", summary="Does the process answer?")
async def live() -> ProbeBody:
    """200 as long as the process answers."""
    return ProbeBody(status="live")


@router.get("/ready", responses={503: {"model": ProbeBody}}, summary="Is every record read as it comes?")
async def ready(service: TheService) -> Response:
    """503 with the reason while Kafka is away, or the reading has not caught up."""
    kafka = service.board.now
    if kafka.is_ready:
        return JSONResponse({"status": "ready", "reason": ""})
    return JSONResponse({"status": kafka.state, "reason": kafka.reason}, 503)


@router.get("/metrics", response_class=PlainTextResponse, summary="Prometheus metrics")
def metrics(service: TheService) -> Response:
    """Counts by experiment, arm and reason."""
    return Response(generate_latest(registry_of(service)), media_type=CONTENT_TYPE_LATEST)
