"""The service, for routes: `service: TheService`."""

from typing import Annotated

from fastapi import Depends, Request

from liftstream.platform.service import PlatformService


async def _service(request: Request) -> PlatformService:
    service: PlatformService = request.app.state.service
    return service


TheService = Annotated[PlatformService, Depends(_service)]
