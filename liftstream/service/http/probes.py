"""The answers of a service's probes."""

from pydantic import BaseModel


class ProbeBody(BaseModel):
    """The answer of a probe."""

    status: str
    reason: str = ""
