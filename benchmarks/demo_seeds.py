"""`python -m benchmarks.demo_seeds`: of 100 seeds of `liftstream demo`, how many end in which verdict; no Kafka.

The same shop, decisions, arms, money and statistics as the demo with that seed, each run in a fraction of a second
(`liftstream.demo.rehearsal`; a test sees that both end alike). Last result
(2 cores, shared with other work):

    improves          89 of 100
    no improvement    11 of 100
    share of improves 0.81 to 0.94 (95 %); planned power 0.80
    effect +0.853 $ on average (sd 0.287), the truth +0.846
    0.79 s a seed
"""

import time
from collections import Counter
from pathlib import Path

import click
import numpy as np

from liftstream.contracts.places import model_named
from liftstream.demo.plan import CANDIDATE, N_PER_ARM, Request
from liftstream.demo.rehearsal import rehearse
from liftstream.demo.truth import CandidateModel, know_with
from liftstream.experiment import wilson


@click.command()
@click.option("--seeds", default=100, show_default=True, help="From 1 on.")
@click.option("--clients", default=N_PER_ARM, show_default=True, help="Per arm.")
@click.option("--candidate", default=CANDIDATE, show_default=True, help="A model under pmml/; original: A/A.")
def main(seeds: int, clients: int, candidate: str) -> None:
    """Verdicts of many seeds."""
    began, verdicts, effects, truths = time.perf_counter(), Counter[str](), [], []
    decider = None
    for seed in range(1, seeds + 1):
        request = Request(clients, seed, candidate, model_named(candidate), Path())
        decider = decider or CandidateModel(request)
        truth = know_with(decider, request)
        found = rehearse(request, truth).verdict
        verdicts[found.verdict] += 1
        if found.effect is not None:
            effects.append(found.effect)
        truths.append(truth.gain)
    for verdict, count in verdicts.most_common():
        print(f"{verdict:<16}{count:4} of {seeds}")
    share = wilson(verdicts["improves"], seeds)
    print(
        f"share of improves {share.low:.2f} to {share.high:.2f} (95 %); planned power {request.plan.achieved_power:.2f}"
    )
    print(
        f"effect {np.mean(effects):+.3f} $ on average (sd {np.std(effects):.3f}), the truth {np.mean(truths):+.3f}"
    )
    print(f"{(time.perf_counter() - began) / seeds:.2f} s a seed")


if __name__ == "__main__":
    main()
