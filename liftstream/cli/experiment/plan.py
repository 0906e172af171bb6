"""`liftstream plan`: a group-sequential plan, its bounds and what it costs."""

import math
from pathlib import Path
from typing import Any

import click

from liftstream.cli.experiment.options import plan_from_options, plan_options
from liftstream.cli.options import json_option, print_json
from liftstream.cli.tables import plain_table, wide_console
from liftstream.experiment.trial.plans import Plan


@click.command()
@plan_options
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the bounds (.png or .svg)."
)
@json_option
def plan(as_json: bool, picture: Path | None, **options: Any) -> None:
    """Plan an experiment with interim looks: bounds, alpha spent, largest and expected number of clients. `analyze`
    reads the output of `--json`."""
    sealed = plan_from_options(**options)
    if picture is not None:
        from liftstream.cli.experiment.pictures import draw_bounds

        draw_bounds(sealed, picture)
    if as_json:
        print_json(document(sealed, options["method"]))
    else:
        _print(sealed)


def document(sealed: Plan, method: str = "z") -> dict[str, Any]:
    """What `--json` prints; `method` is the one that gave the number of clients."""
    design = sealed.design
    fixed = sealed.n_total / design.inflation
    return {
        "n_per_arm": sealed.n_per_arm if sealed.weights is None else None,
        "clients": sealed.clients,
        "n_total": sealed.n_total,
        "looks": [
            {
                "look": i + 1,
                "information": t,
                "clients": sealed.look_clients[i],
                "bound": design.z_upper[i],
                "futility": design.z_lower[i] if sealed.futility else None,
                "nominal_p": design.nominal_p[i],
                "alpha_spent": design.alpha_spent[i],
            }
            for i, t in enumerate(design.times)
        ],
        "z": list(design.z_upper),
        "inflation": design.inflation,
        "expected_clients_null": design.expected_ratio_null * fixed,
        "expected_clients_effect": design.expected_ratio_effect * fixed,
        "effect": sealed.effect,
        "sd": sealed.sd,
        "kind": sealed.kind,
        "outcome": sealed.outcome,
        "base_rate": sealed.base_rate,
        "guards": [guard.to_dict() for guard in sealed.guards],
        "alpha": sealed.alpha,
        "power": sealed.power,
        "achieved_power": sealed.achieved_power,
        "alternative": sealed.alternative,
        "spending": sealed.spending,
        "method": method,
        "unit": "clients per arm",
        "plan": sealed.to_dict(),
    }


def _print(sealed: Plan) -> None:
    told = document(sealed)
    console = wide_console(soft_wrap=True)
    more = 100 * (told["inflation"] - 1)
    price = f"; {more:.1f} % more at most than with a single look" if len(sealed.times) > 1 else ""
    null = f"it is at the margin, {_effect(sealed, sealed.margin)}" if sealed.margin else "there is none"
    per_arm = ", ".join(f"{name} {n:,}" for name, n in sealed.clients.items())
    console.print(f"{sealed.n_total:,} clients at most ({per_arm})")
    console.print(
        f"  {told['expected_clients_effect']:,.0f} expected if the effect is {_effect(sealed, sealed.effect)}, "
        f"{told['expected_clients_null']:,.0f} if {null}{price}"
    )
    futility = ["give up below z"] if sealed.futility else []
    table = plain_table("look", "clients", "bound z", "p at the bound", "alpha spent", *futility, names=0)
    for look in told["looks"]:
        cells = [
            str(look["look"]),
            f"{look['clients']:,}",
            f"{look['bound']:.4f}" if math.isfinite(look["bound"]) else "none",
            f"{look['nominal_p']:.3g}",
            f"{look['alpha_spent']:.3g}",
        ]
        table.add_row(*cells, *([f"{look['futility']:.4f}"] if sealed.futility else []))
    console.print(table)
    margin = f"margin {_effect(sealed, sealed.margin)}, " if sealed.margin else ""
    console.print(
        f"{margin}{sealed.alternative} alpha {sealed.alpha:g}, power {sealed.achieved_power:.4f} at {_effect(sealed, sealed.effect)}, "
        f"{_spread(sealed)}; spending {sealed.spending}; plan {sealed.hash[:12]}"
    )
    if sealed.guards:
        console.print(f"guards: {'; '.join(guard.in_words for guard in sealed.guards)}")


def _effect(sealed: Plan, effect: float) -> str:
    return f"{effect:g} $" if sealed.kind == "money" else sealed.metric.change(effect)


def _spread(sealed: Plan) -> str:
    if sealed.base_rate is None:
        return f"sd {sealed.sd:g}"
    return f"from {sealed.metric.level(sealed.base_rate)}"
