"""`python -m benchmarks.site_seeds`: of ten seeds of `liftstream demo similar-ads`, how many end in which verdict, A/B
and A/A.

No Kafka: the same ads, people, policy, counting and statistics as the demo with that seed
(`liftstream.demo.similar_ads.rehearsal`; a test plays what a run on Kafka wrote into it and sees the same verdict).
Exit 1 where the bandit is significantly better on fewer than nine of ten seeds, or an A/A claims something on more than
one of ten. Last result (3 s of CPU a seed):

    A/B: improves on 10 of 10; A/A: claims something on 1 of 10      seeds 1 to 10
    A/B: improves on 15 of 15; A/A: claims something on 0 of 15      seeds 11 to 25
"""

import sys
from collections import Counter
from pathlib import Path

import click

from liftstream.demo.similar_ads.rehearsal import rehearse
from liftstream.demo.similar_ads.story import SiteRequest

CLAIMS = ("improves", "harms")


@click.command()
@click.option("--seeds", default=10, show_default=True, help="How many, of each kind.")
@click.option("--first", default=1, show_default=True, help="The first seed.")
def main(seeds: int, first: int) -> None:
    """Verdicts of many seeds."""
    found = {name: play(name == "A/A", range(first, first + seeds)) for name in ("A/B", "A/A")}
    claimed = sum(found["A/A"][name] for name in CLAIMS)
    print(
        f"A/B: improves on {found['A/B']['improves']} of {seeds}; A/A: claims something on {claimed} of {seeds}"
    )
    sys.exit(int(found["A/B"]["improves"] < 0.9 * seeds or claimed > 0.1 * seeds))


def play(aa: bool, seeds: range) -> Counter[str]:
    """The verdicts; one line a seed."""
    verdicts = Counter[str]()
    for seed in seeds:
        played = rehearse(SiteRequest(seed, Path(), aa))
        shown, ratio = played.experiment, played.bandit["objective_ratio"]["ratio"]
        verdicts[shown["verdict"]] += 1
        print(
            f"{'A/A' if aa else 'A/B'}  seed {seed:<5}{shown['verdict']:<16}{100 * shown['effect']:+6.2f} points"
            f" ({100 * shown['ci_low']:+.2f} to {100 * shown['ci_high']:+.2f})  p {shown['pvalue']:<10.2g}"
            f"ratio to the reference group {ratio:.2f}  {played.seconds:.0f} s",
            flush=True,
        )
    return verdicts


if __name__ == "__main__":
    main()
