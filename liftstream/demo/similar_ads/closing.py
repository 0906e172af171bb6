"""The closing output of the demo: sentences, a table of the arms, a document."""

from typing import Any

from liftstream.demo.similar_ads.found_out import Visited, find_out, visited, visited_old
from liftstream.demo.similar_ads.run import SitePlayed
from liftstream.demo.similar_ads.story import OLD


def document_of(played: SitePlayed, seed: int) -> dict[str, Any]:
    """The outcome as JSON."""
    shown = played.experiment
    wanted = (
        "verdict",
        "sentence",
        "effect",
        "ci_low",
        "ci_high",
        "pvalue",
        "alpha",
        "method",
        "n_original",
        "n_candidate",
    )
    return {
        **{name: shown[name] for name in wanted},
        "bandit": played.bandit["sentence"],
        "ratio": played.bandit["objective_ratio"],
        "arms": rows_of(played),
        "found_out": stories_of(played),
        "seed": seed,
        "seconds": round(played.seconds, 1),
    }


def rows_of(played: SitePlayed) -> list[dict[str, Any]]:
    """A row for each arm that was served: configuration, quanta, visits, views and contacts per visit, parents."""
    rows = []
    for arm in played.bandit["arms"]:
        seen = visited(played.site, arm["name"])
        if seen.visits:
            row = {"arm": arm["name"], **{name: arm[name] for name in ("state", "configuration", "quanta")}}
            rows.append({**row, **_rates(seen), "parents": arm["parents"]})
    return sorted(rows, key=lambda row: -row["quanta"])


def row_of_old(played: SitePlayed) -> dict[str, Any]:
    """The row of the old configuration, wherever it was served."""
    seen = visited_old(played.site, played.bandit["arms"], OLD)
    return {"arm": "the old block", "state": "", "quanta": None, **_rates(seen), "parents": []}


def stories_of(played: SitePlayed) -> list[str]:
    """A sentence for each arm that won views and lost contacts, the most served first, and what follows."""
    rows = rows_of(played)
    served = {row["arm"]: row["quanta"] for row in rows if row["configuration"] != OLD}
    found = find_out(served, played.site, visited_old(played.site, played.bandit["arms"], OLD))
    if not found:
        return []
    of_all = sum(row["quanta"] for row in rows)
    them = "it" if len(found) == 1 else "them"
    follows = (
        f"A bandit that learns from views would have served {them};"
        f" this one gave {them} {sum(one.quanta for one in found)} of {of_all} quanta."
    )
    return [*(one.sentence for one in found), follows]


def _rates(seen: Visited) -> dict[str, Any]:
    return {"visits": seen.visits, "views": seen.view_rate, "contacts": seen.contact_rate}
