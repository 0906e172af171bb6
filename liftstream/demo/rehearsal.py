"""Computes the same run without Kafka: the result if no record is lost and every page is answered in time."""

from functools import partial

import numpy as np

from liftstream.demo.plan import ARM, Request
from liftstream.demo.truth import DemoTruth
from liftstream.experiment import Report, analyze, draw_arm


def rehearse(request: Request, truth: DemoTruth) -> Report:
    """The report on the same clients, decisions, arms and money."""
    clients, plan = truth.clients, request.plan
    draw = partial(draw_arm, salt=plan.salt, weights=plan.shares)
    arms = np.array([draw(uuid) for uuid in clients.uuid.tolist()])
    shown = np.where(arms == ARM, truth.shown, clients.man == 1)
    money = clients.spend(slice(None), shown, truth.luck)
    return analyze({"arm": arms, "revenue": money}, plan=plan)
