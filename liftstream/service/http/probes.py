"""What a probe of a service answers."""

from pydantic import BaseModel


class ProbeBody(BaseModel):
    """The answer of a probe."""

    status: str
    reason: str = ""
