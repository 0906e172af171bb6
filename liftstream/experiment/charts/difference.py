"""The difference as clients came, with its always-valid interval, and the verdict's interval where it was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from liftstream.experiment.charts.marks import axis_around, estimate, level, y_of
from liftstream.experiment.charts.style import COLOURS, MUTED, WIDTH, chart_of, load_altair

FEWEST_FOR_AXIS: Final = 0.3
"""The axis fits what is known from this share of the clients on: before, intervals are wider than anything
worth seeing."""
Row = Mapping[str, Any]
"""`clients`, `mean`, `low`, `high`; None where nothing is known."""


@dataclass(frozen=True)
class DifferenceOverTime:
    """What is drawn.

    Attributes:
        points: in order of arrival.
        verdict: its estimate and interval, at the clients that it counts.
        clients: of all arms, also of those that came after the decision.
        planned: the planned effect, and what is written at its line; None without a plan.
    """

    points: Sequence[Row]
    verdict: Row
    clients: int
    title: str
    label: str
    planned: tuple[float, str] | None

    def draw(self, height: int, x_title: str) -> Any:
        """An Altair chart: coloured as far as the verdict counts, grey after it."""
        decided = self.verdict["clients"]
        counted = [row for row in self.points if row["clients"] <= decided]
        after = [*counted[-1:], *(row for row in self.points if row["clients"] > decided)]
        x, scale = clients_axis(self.clients, x_title), self._scale()
        end = chart_of([{**self.verdict, "label": self.label}]).encode(x=x)
        text = end.mark_text(align="left", dx=8, fontWeight="bold", color=COLOURS[0])
        layers = [
            *self._path(counted, COLOURS[0], x, scale),
            *(self._path(after, MUTED, x, scale) if len(after) > 1 else ()),
            *level(0.0, "no difference", scale, right=True, below=True),
            *(self._planned_level(scale) if self.planned else ()),
            *estimate(end, self.title, scale),
            text.encode(y=y_of("mean", self.title, scale), text="label:N"),
        ]
        return load_altair().layer(*layers).properties(width=WIDTH, height=height)

    def _path(self, rows: Sequence[Row], colour: str, x: Any, scale: Any) -> list[Any]:
        base = chart_of([dict(row) for row in rows]).encode(x=x)
        band = base.mark_area(opacity=0.15, color=colour, clip=True)
        line = base.mark_line(strokeWidth=2, color=colour, clip=True)
        return [
            band.encode(y=y_of("low", self.title, scale), y2="high:Q"),
            line.encode(y=y_of("mean", self.title, scale)),
        ]

    def _planned_level(self, scale: Any) -> list[Any]:
        """The planned effect, named on the side of its line where the path does not end."""
        at, label = self.planned or (0.0, "")
        return level(at, label, scale, right=True, below=bool(self.points) and self.points[-1]["mean"] > at)

    def _scale(self) -> Any:
        levels = {"low": 0.0, "mean": 0.0, "high": self.planned[0] if self.planned else 0.0}
        return fitting([*self.points, self.verdict, {**levels, "clients": self.clients}], self.clients)


def clients_axis(clients: int, title: str | None) -> Any:
    """An axis from 0 to all clients; without a title no axis is drawn."""
    altair = load_altair()
    scale = altair.Scale(domain=[0, clients], nice=False)
    return altair.X("clients:Q", scale=scale, axis=altair.Axis(tickCount=6) if title else None, title=title)


def fitting(rows: Sequence[Row], clients: int) -> Any:
    """A scale on which the later part of the rows has its place."""
    late = [row for row in rows if row["clients"] >= FEWEST_FOR_AXIS * clients] or rows
    return axis_around([row[name] for row in late for name in ("low", "mean", "high")])
