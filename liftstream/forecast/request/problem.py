"""The problems of a data object, by JSON path; no more than a person can read."""

from dataclasses import dataclass, field
from typing import Any, Final

from liftstream.contracts.errors import LiftstreamError

LISTED_MOST: Final = 100


@dataclass(frozen=True)
class RequestProblem:
    """One value that is refused.

    Attributes:
        path: where it stands, `$.products[3].price`.
        reason: what it is and what is accepted.
    """

    path: str
    reason: str


class InvalidRequest(LiftstreamError):
    """A data object that cannot be used; `problems` has each reason."""

    def __init__(self, problems: list[RequestProblem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{first.path}: {first.reason}{more}")
        self.problems = problems


@dataclass
class Problems:
    """Collects problems; those after the first hundred are only counted."""

    found: list[RequestProblem] = field(default_factory=list)
    unlisted: int = 0

    def add(self, path: str, reason: str) -> None:
        """Adds a problem."""
        if len(self.found) < LISTED_MOST:
            self.found.append(RequestProblem(path, reason))
        else:
            self.unlisted += 1

    def refuse(self) -> None:
        """Raises the problems, if there are any.

        Raises:
            InvalidRequest: with all of them.
        """
        if not self.found:
            return
        more = (
            [RequestProblem("$", f"{self.unlisted:,} more problems are not listed")] if self.unlisted else []
        )
        raise InvalidRequest(self.found + more)


def shown(value: Any) -> str:
    """A value as it is quoted in a reason: short, whatever it is."""
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
