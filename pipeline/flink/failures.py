"""Why a job on the mini cluster restarts, as Flink's own page says it: its log is long, and a job may restart for ever."""

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

WITHIN_S: Final = 2.0
PACKAGES: Final = re.compile(r"\b(?:[a-z]\w*\.)+(?=[A-Z])")
LONGEST: Final = 300


class Failures:
    """The failures of the only job at an address.

    Args:
        url: of Flink's own page.
        tell: gets the reason of each new failure, once while it stays the same.
    """

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        self._url, self._tell, self._told = url, tell, ""

    def look(self) -> None:
        """Tells the newest failure, if there is one and the page answers."""
        try:
            jobs = self._ask("/jobs")["jobs"]
            found = [self._ask(f"/jobs/{job['id']}/exceptions?maxExceptions=1") for job in jobs]
            traces = [one["stacktrace"] for each in found for one in each["exceptionHistory"]["entries"]]
        except (URLError, OSError, ValueError, KeyError, TypeError):
            return
        for trace in traces[:1]:
            reason = root_cause(trace)
            if reason != self._told:
                self._tell(reason)
                self._told = reason

    def _ask(self, path: str) -> Any:
        with urlopen(self._url + path, timeout=WITHIN_S) as answer:  # noqa: S310 - our own address
            return json.load(answer)


def root_cause(trace: str) -> str:
    """The innermost cause in a trace of Java's, in one line and without packages."""
    lines = [line for line in trace.splitlines() if line and not line.startswith(("\t", " "))]
    causes = [line for line in lines if line.startswith("Caused by: ")] or lines[:1]
    return PACKAGES.sub("", causes[-1].removeprefix("Caused by: "))[:LONGEST] if causes else "no reason given"
