"""Automatic new arms: random configurations within bounds, or the genetic step every so many quanta."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from liftstream.bandits import Choice, Generation, Range, genetic_step
from liftstream.experiment.arguments import number as finite_number
from liftstream.platform.bandits.running.definition import ARMS_MOST, Configuration
from liftstream.platform.bandits.running.live import IMPRESSION, LiveBandit

KINDS: Final = ("random", "genetic")
NUMBERS: Final = {"every_quanta": 360, "population": 12, "keep": 4, "min_pulls": 100}
NUMBERS_MOST: Final = {"population": ARMS_MOST}
SHARES: Final = {"mutation": 0.1, "random_share": 0.25}
Refuse = Callable[[str, str], None]


def next_generation(live: LiveBandit, number: int, rng: np.random.Generator) -> Generation:
    """The next generation: arms to retire and children to add.

    Args:
        live: has a generator.
        number: of the generation, from 1; names its children.
    """
    settings = live.definition.generator or {}
    active = {
        arm.name: arm
        for arm in live.arms.values()
        if arm.state == "active" and not misfit(arm.configuration, settings)
    }
    means = {one.arm: one.mean for one in live.learned.estimates() if one.arm in active}
    pulls = {name: live.total(arm.number, "target", IMPRESSION) for name, arm in active.items()}
    return genetic_step(
        {name: arm.configuration for name, arm in active.items()},
        means,
        pulls,
        bounds_of(settings["bounds"]),
        rng,
        keep=settings["keep"],
        population=settings["population"],
        min_pulls=settings["min_pulls"],
        mutation=settings["mutation"],
        random_share=1.0 if settings["kind"] == "random" else settings["random_share"],
        always=settings["always"],
        prefix=f"g{number}",
    )


def is_generation_due(live: LiveBandit, before: int) -> bool:
    """Whether another generation has begun since quantum `before`, the last one drawn; quanta may have been missed."""
    settings, quantum = live.definition.generator, live.quantum
    return bool(
        settings
        and quantum
        and quantum.number // settings["every_quanta"] > before // settings["every_quanta"]
    )


def read_generator(
    document: Any, arms: Mapping[str, Configuration], refuse: Refuse
) -> Mapping[str, Any] | None:
    """The generator that a request asks for, with defaults; None if it asks for none, or one that does not fit.

    Args:
        arms: the first configurations, which must have a value of every gene.
        refuse: is told every problem, by field.
    """
    if document is None:
        return None
    if not isinstance(document, dict) or document.get("kind") not in KINDS:
        refuse("generator", f"an object with kind ({' or '.join(KINDS)}) and bounds is accepted")
        return None
    known = {"kind", "bounds", "always", *NUMBERS, *SHARES}
    for name in document:
        if name not in known:
            refuse(f"generator.{str(name)[:80]}", f"there are {', '.join(sorted(known))}")
    filled = {**NUMBERS, **SHARES, "always": [], **document}
    _check_numbers(filled, refuse)
    try:
        bounds_of(document.get("bounds"))
    except ValueError as error:
        refuse("generator.bounds", str(error))
        return None
    if not isinstance(filled["always"], list) or any(one not in list(arms) for one in filled["always"]):
        refuse("generator.always", f"names of arms are accepted: {', '.join(arms)}")
    for name, configuration in arms.items():
        if said := misfit(configuration, filled):
            refuse("generator.bounds", f"arm {name!r} {said}")
    return filled


def misfit(configuration: Configuration, generator: Mapping[str, Any]) -> str:
    """Why no generation could breed from a configuration, such as "has no value for 'price'"; empty if it can."""
    for name, gene in bounds_of(generator["bounds"]).items():
        if name not in configuration:
            return f"has no value for {name!r}"
        try:
            finite_number(name, configuration[name] if isinstance(gene, Range) else 0)
        except ValueError:
            return f"has no number for {name!r}, which the generator draws between {gene.low:g} and {gene.high:g}"
    return ""


def bounds_of(document: Any) -> dict[str, Any]:
    """Genes from JSON: `{"price": {"low": 1, "high": 100}}`, or `{"sort": {"values": ["new", "cheap"]}}`.

    Raises:
        ValueError: they are no bounds.
    """
    if not isinstance(document, dict) or not document:
        raise ValueError('an object is accepted: {"price": {"low": 1, "high": 100}}')
    return {str(name): _gene(str(name), gene) for name, gene in document.items()}


def _gene(name: str, gene: Any) -> Any:
    if not isinstance(gene, dict) or not isinstance(gene.get("values", []), list):
        raise ValueError(f"{name!r}: an object with low and high, or with a list of values, is accepted")
    try:
        return Choice(**gene) if "values" in gene else Range(**gene)
    except TypeError:
        raise ValueError(f"{name!r}: low, high, scale and whole are accepted, or values") from None


def _check_numbers(filled: Mapping[str, Any], refuse: Refuse) -> None:
    for name in NUMBERS:
        value = filled[name]
        most = NUMBERS_MOST.get(name, 1_000_000)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            refuse(f"generator.{name}", f"a whole number from 1 to {most:,} is accepted")
    for name in SHARES:
        value = filled[name]
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            refuse(f"generator.{name}", "a share from 0 to 1 is accepted")
