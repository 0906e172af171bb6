"""The templates of a service on top of the shared ones: `page.html` (base page) and `figures.html` (figures and icons)."""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from liftstream import __version__
from liftstream.service.pages import formatting
from liftstream.service.pages.assets import asset

SHARED: Final = Path(__file__).parent / "templates"
FILTERS: Final = (
    "alike",
    "amount",
    "clock",
    "count",
    "duration",
    "percent",
    "plain",
    "score",
    "times_in",
    "typeset",
)


def make_environment(folder: Path, **names: Any) -> Environment:
    """The templates of `folder`; everything is escaped, and a name that a page does not have is an error.

    Args:
        folder: of the service's own templates; what it does not have is looked up among the shared ones.
        names: what every template of the service may use.
    """
    made = Environment(
        loader=FileSystemLoader([folder, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({name: getattr(formatting, name) for name in FILTERS})
    made.globals.update(asset=asset, version=__version__, **names)
    return made
