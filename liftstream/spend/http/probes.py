"""`/live` and `/ready`: for supervisors and monitoring."""

from fastapi import APIRouter
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool

from liftstream.service.http.probes import ProbeBody
from liftstream.spend.http.refusals import answers
from liftstream.spend.service import SpendingService


def make_probes(service: SpendingService) -> APIRouter:
    """The probes of a service."""
    router = APIRouter(tags=["probes"])

    def ask_database() -> None:
        with service.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    @router.get("/live", summary="Does the process answer?", response_model_exclude_unset=True)
    async def live() -> ProbeBody:
        """Always 200."""
        return ProbeBody(status="live")

    @router.get(
        "/ready",
        summary="Does the database answer?",
        responses=answers(503),
        response_model_exclude_unset=True,
    )
    async def ready() -> ProbeBody:
        """503 with the reason while it does not."""
        await run_in_threadpool(ask_database)
        return ProbeBody(status="ready")

    return router
