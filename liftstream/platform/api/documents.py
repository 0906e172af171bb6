"""The document of each page, at the page's address with `.json`; and the linked numbers of a new experiment."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request

from liftstream.platform.api.problems import answers
from liftstream.platform.api.service import TheService
from liftstream.platform.documents.bandit import BanditDocument, BanditSummary
from liftstream.platform.documents.experiment import ExperimentDocument
from liftstream.platform.documents.experiment_list import ExperimentList
from liftstream.platform.documents.keys import KeyList
from liftstream.platform.documents.new_experiment import DEFAULTS, PlanningDocument
from liftstream.platform.documents.report import ReportDocument
from liftstream.platform.planning.form import TEXTS

WHOLE: Final = frozenset({"n_per_arm", "looks", "candidates"})
"""Fields of whole numbers: only in these can a comma be nothing but a separator of thousands."""
THOUSANDS: Final = re.compile(r"\d{1,3}(,\d{3})+")

router = APIRouter(tags=["pages as JSON"], responses=answers(401))
Id = Annotated[str, Path(max_length=64)]


@router.get("/experiments.json")
@router.get("/index.json", include_in_schema=False)
@router.get("/.json", include_in_schema=False)
def list_document(service: TheService) -> ExperimentList:
    """The list."""
    return service.experiments()


@router.get("/experiments/new.json", responses=answers(503))
def planning_document(service: TheService, request: Request) -> PlanningDocument:
    """The linked numbers: the query has the fields of a new experiment, and what it leaves out has its default."""
    return service.planning(planning_values(dict(request.query_params)))


@router.get("/experiments/{id}/report.json", responses=answers(404, 422))
def report_document(service: TheService, id: Id) -> ReportDocument:
    """A report."""
    return service.report(id)


@router.get("/experiments/{id}.json", responses=answers(404, 422))
def experiment_document(service: TheService, id: Id) -> ExperimentDocument:
    """An experiment."""
    return service.experiment(id)


@router.get("/bandits.json")
def bandits_document(service: TheService) -> list[BanditSummary]:
    """The bandits."""
    return service.bandit_summaries()


@router.get("/bandits/{id}/report.json", responses=answers(404, 422))
@router.get("/bandits/{id}.json", responses=answers(404, 422))
def bandit_document(service: TheService, id: Id) -> BanditDocument:
    """A bandit."""
    return service.bandit(id)


@router.get("/keys.json")
def key_document(service: TheService) -> KeyList:
    """The API keys."""
    return service.keys()


def planning_values(query: dict[str, str]) -> dict[str, Any]:
    """The texts of a form converted to the types of their fields; a text that cannot be read stays, and is refused by
    field."""
    return {
        name: _read(name, text) for name, text in query.items() if text != "" or name in {"name", "exclusive"}
    }


def _read(name: str, text: str) -> Any:
    if name in TEXTS:
        return text
    default = DEFAULTS.get(name, 0.0)
    if isinstance(default, bool):
        return {"true": True, "on": True, "false": False, "off": False}.get(text.lower(), text)
    if isinstance(default, str) or name in {"futility"}:
        return text
    number, percent, after = text.strip().partition("%")
    if percent and not after:
        shares = _read(name, number)
        return shares / 100 if isinstance(shares, int | float) else text
    plain = text.replace(",", "") if name in WHOLE and THOUSANDS.fullmatch(text.strip()) else text
    for kind in (int, float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return text
