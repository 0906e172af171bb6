"""Adds a client's money, outcomes and guard metrics to the sums of the arm."""

import sys
from typing import Final

from liftstream.platform.ingest.incoming import Money
from liftstream.platform.ingest.rows import ClientRow, VisitRow
from liftstream.platform.ingest.rules.memory import BatchRows, Changes
from liftstream.platform.ingest.running.live import Live

LARGE: Final = 1e6
"""Money, $, below which taking an amount back costs no digits that matter."""
DIGITS: Final = 1e-10
"""Part of a sum of squares that may be lost when a large amount is taken back."""


def take_money(rows: BatchRows, changes: Changes, live: Live, visit: VisitRow, record: Money) -> str:
    """Takes the money of a session; returns the reason under which it counts."""
    if visit.uuid != record.uuid:
        return "wrong_client"
    if live.ended_ms is not None:
        return "after_end"
    if visit.revision is not None and record.revision <= visit.revision:
        return "repeated" if record.revision == visit.revision else "outdated"
    if not live.measures_revenue:
        return "not_measured"
    client = rows.clients[live.id, visit.uuid]
    difference = record.revenue - (visit.revenue or 0.0)
    if not live.counts_outcomes:
        book(rows, changes, live, client, difference)
    watch(rows, changes, live, client, live.revenue_guards, difference)
    if difference < -LARGE and _loses_digits(live, client.arm, difference):
        changes.recount.add(live.id)
    visit.revenue, visit.revision = record.revenue, record.revision
    changes.paid_visits[live.id, visit.session] = visit
    return "accepted"


def _loses_digits(live: Live, arm: str, difference: float) -> bool:
    """Whether the squares of an arm's money were once so large that the digits of the rest are gone."""
    guards = [live.plan.guards[number] for number in live.revenue_guards]
    sums = [live.guards[guard.name][arm] for guard in guards if guard.kind == "money"]
    sums += [live.arms[arm].paid] if live.plan.kind == "money" else []
    return any(sys.float_info.epsilon * difference**2 > DIGITS * one.m2 for one in sums)


def book(rows: BatchRows, changes: Changes, live: Live, client: ClientRow, difference: float) -> None:
    """Changes the value of a client who is counted: a client who buys twice is one observation."""
    arm, plan = live.arms[client.arm], live.plan
    before, after = client.revenue, (client.revenue or 0.0) + difference
    counted = plan.capped(after)
    if before is None:
        client.paid = live.paid + 1
        arm.paid = arm.paid.add(counted)
        rows.guards.join(live, client)
    else:
        arm.paid = arm.paid.replace(plan.capped(before), counted)
        arm.cubes -= plan.capped(before) ** 3
    arm.cubes += counted**3
    client.revenue = after
    changes.paid_clients[live.id, client.uuid] = client
    changes.touched.add(live.id)
    changes.paid.add(live.id)


def watch(
    rows: BatchRows, changes: Changes, live: Live, client: ClientRow, guards: list[int], difference: float
) -> None:
    """Changes the sums of guards."""
    if guards:
        rows.guards.add(live, client, guards, difference)
        changes.touched.add(live.id)
