"""The platform's API, as the demo calls it."""

import json
import urllib.error
import urllib.request
from typing import Any, Final

from liftstream.contracts.errors import BrokerError

WITHIN_S: Final = 10.0


class PlatformApi:
    """Calls a platform at an address.

    Raises:
        BrokerError: it does not answer, or refuses.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str) -> Any:
        """The document at a path."""
        return self._call(urllib.request.Request(self.address + path))  # noqa: S310 - our own process

    def post(self, path: str, document: Any = None) -> Any:
        """The answer to a document."""
        body = json.dumps(document or {}).encode()
        headers = {"Content-Type": "application/json"}
        return self._call(urllib.request.Request(self.address + path, body, headers))  # noqa: S310 - our own process

    def _call(self, request: urllib.request.Request) -> Any:
        try:
            with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310 - our own process
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            said = refused.read(500).decode(errors="replace")
            raise BrokerError(f"the platform refuses {request.selector}: {refused.code} {said}") from None
        except OSError as error:
            raise BrokerError(f"the platform at {self.address} does not answer: {error}") from None
