"""One sentence about several metrics: what improved, what broke, what was watched."""

from collections.abc import Sequence
from typing import Protocol

from liftstream.experiment.amounts import told_p
from liftstream.experiment.metrics.kinds import kind_of

SHOWN_MOST = 6


class Told(Protocol):
    """What a sentence needs of a result."""

    @property
    def metric(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def candidate(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def change(self) -> str: ...


def sentence_of_all(results: Sequence[Told], candidates: Sequence[str]) -> str:
    """One sentence for all candidates."""
    parts = [
        _of_candidate(name, [r for r in results if r.candidate == name], len(candidates) == 1)
        for name in candidates
    ]
    more = f"; and {len(parts) - SHOWN_MOST:,} candidates more" if len(parts) > SHOWN_MOST else ""
    said = "; ".join(parts[:SHOWN_MOST]) + more
    return f"{said[0].upper()}{said[1:]}." if said.startswith("the candidate") else f"{said}."


def _of_candidate(name: str, results: Sequence[Told], alone: bool) -> str:
    who = "the candidate" if alone else name
    decisions = [r for r in results if r.role == "decision"]
    said = _decided(who, decisions) if decisions else f"{who} had nothing to decide"
    guards = grouped([r for r in results if r.role == "guard"])
    watched = grouped([r for r in results if r.role == "watched"])
    if guards:
        said += f"; guards: {guards}"
    if watched:
        said += f"; watched: {watched}"
    return said


def _decided(who: str, decisions: Sequence[Told]) -> str:
    by_word: dict[str, list[Told]] = {}
    for result in decisions:
        by_word.setdefault(result.verdict, []).append(result)
    parts = [
        f"{word} {_listed([f'{r.metric} ({r.change})' for r in by_word[word]])}"
        for word in ("improves", "harms")
        if word in by_word
    ]
    none = by_word.get("no difference", [])
    if not parts:
        return f"{who} shows no difference in {_listed([f'{r.metric} ({r.change})' for r in none])}"
    if none:
        parts.append(f"shows no difference in {_listed([f'{r.metric} ({r.change})' for r in none])}")
    return f"{who} {_listed(parts)}"


def reading(kind: str, effect: float, original: float, candidate: float) -> str:
    """What was measured: of a rate both, of everything else the difference."""
    known = kind_of(kind)
    if kind == "proportion":
        return f"{known.number(candidate, beside=(original,))} % against {known.number(original, beside=(candidate,))} %"
    return known.change(effect, sign=True)


def difference_in_words(said: str, good: bool, worse: bool, pvalue: float, pvalue_harm: float) -> str:
    """A reading with the p-value of what is said of it: of the good, or of a loss where it is worse."""
    return f"{said}, {told_p(pvalue_harm)} of a loss" if worse and not good else f"{said}, {told_p(pvalue)}"


def grouped(results: Sequence[Told]) -> str:
    """Results one after the other, each with its word."""
    return ", ".join(f"{r.metric} {_WORDS[r.verdict]} ({r.change})" for r in results)


_WORDS = {
    "holds": "holds",
    "breaks": "BREAKS",
    "not shown": "not shown to hold",
    "better": "is better",
    "worse": "is worse",
    "no difference": "shows no difference",
}


def _listed(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
