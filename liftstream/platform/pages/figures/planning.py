"""The pictures of a new experiment: its power by the number of clients, and by what the truth might be."""

from collections.abc import Sequence
from typing import Any

from liftstream.platform.documents.new_experiment import CurvePoint, PlanningDocument
from liftstream.platform.pages.units import change, change_unit, scale
from liftstream.service.pages.figure import CANDIDATE, MUTED, Figure, document, percent_axis, values
from liftstream.service.pages.formatting import amount, count, percent

TABLE_STEP = 4


def power_by_clients(planned: PlanningDocument) -> Figure:
    """The power curve with the chosen point."""
    title = "How often the improvement would be found, by clients per arm"
    if planned.achieved_power is None:
        return Figure("power-by-clients", title, "The curve is drawn when the fields make sense.", None)
    chosen, wanted = planned.values["n_per_arm"], planned.values["power"]
    says = (
        f"With {count(chosen)} clients per arm an improvement of {change(planned.values['effect'], planned.kind, sign=False)} is found in "
        f"{percent(planned.achieved_power)} of all experiments; {percent(wanted)} were asked for."
    )
    axis = {"title": "clients per arm", "format": ",.0f", "grid": False, "tickCount": 4}
    return Figure(
        "power-by-clients", title, says,
        _curve(planned.power_by_clients, axis, (float(chosen), planned.achieved_power), wanted),
        ("clients per arm", "found in"),
        [(count(point.x), percent(point.power)) for point in planned.power_by_clients[::TABLE_STEP]],
    )  # fmt: skip


def power_by_effect(planned: PlanningDocument) -> Figure:
    """What this experiment would see if the truth were smaller or larger than the plan."""
    title = "How often it says “improves”, by what the truth is"
    if planned.achieved_power is None:
        return Figure("power-by-effect", title, "The curve is drawn when the fields make sense.", None)
    effect = planned.values["effect"]
    least = planned.power_by_effect[0]
    worth = change(least.x, planned.kind) if least.x else "nothing"
    says = (
        f"If the candidate is worth {change(effect, planned.kind)}, the experiment says so in "
        f"{percent(planned.achieved_power)} of all cases; if it is worth {worth}, in {percent(least.power)}."
    )
    unit, times = change_unit(planned.kind), scale(planned.kind)
    title_of_axis = "true difference, $ per client" if planned.kind == "money" else f"true difference, {unit}"
    axis = {"title": title_of_axis, "grid": False, "tickCount": 4}
    points = [point.model_copy(update={"x": times * point.x}) for point in planned.power_by_effect]
    return Figure(
        "power-by-effect", title, says,
        _curve(points, axis, (times * float(effect), planned.achieved_power), planned.values["power"]),
        (f"true difference, {unit}", "says improves in"),
        [(amount(point.x, sign=True), percent(point.power)) for point in points[::TABLE_STEP]],
    )  # fmt: skip


def _curve(
    points: Sequence[CurvePoint], axis: dict[str, Any], chosen: tuple[float, float], wanted: float
) -> dict[str, Any]:
    rows = [{"x": point.x, "power": point.power} for point in points]
    x = {"field": "x", "type": "quantitative", "scale": {"nice": False}, "axis": axis}
    y = {
        "field": "power",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": percent_axis(None, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    }
    at = values([{"x": chosen[0], "power": chosen[1]}])
    return document(
        [
            {
                "data": values([{"power": wanted}]),
                "mark": {"type": "rule", "strokeDash": [5, 4]},
                "encoding": {"y": y},
            },
            {
                "data": values(rows),
                "mark": {"type": "line", "color": CANDIDATE, "strokeWidth": 2.5},
                "encoding": {"x": x, "y": y},
            },
            {"data": at, "mark": {"type": "rule", "color": MUTED}, "encoding": {"x": x}},
            {
                "data": at,
                "mark": {"type": "point", "filled": True, "size": 110, "color": CANDIDATE, "opacity": 1},
                "encoding": {"x": x, "y": y},
            },
        ],
        height=190,
    )
