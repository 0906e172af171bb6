"""RuleSetModel: rules that fire where their predicate is true, and one of the ways to choose among them.

firstHit takes the first rule that fires; weightedMax the heaviest (the first of equals); weightedSum the score with the
greatest sum of weights, with that sum divided by the number of rules that fire as its confidence. Where none fires, the
defaultScore answers. Inside a CompoundRule a rule fires only where both predicates are true. In a regression scores are
numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Booleans, Codes, Floats, Words, encode
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.predicates import Predicate, predicate_of
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

CRITERIA: Final = ("firstHit", "weightedMax", "weightedSum")


@dataclass(frozen=True)
class Rule:
    """A SimpleRule with the predicates that must all be true."""

    id: str
    predicates: tuple[Predicate, ...]
    score: str
    weight: float
    confidence: float


@dataclass
class RuleSet(Family):
    """Rules in order. `codes` [rules] are their scores among `classes`; the default's is -1 where there is none.

    `numbers` [classes + 1] are what the classes say in a regression, the last for none.
    """

    rules: Sequence[Rule]
    classes: tuple[str, ...]
    codes: Codes
    criterion: str
    default: int
    default_confidence: float
    numbers: Floats | None = None

    def predict(self, batch: Batch) -> Predictions:
        """The chosen score of every row, its confidence, and the rule it comes from."""
        fires = np.stack([_fires(rule, batch) for rule in self.rules], axis=1)
        if self.criterion == "weightedSum":
            chosen, confidence, rule = self._by_sum(fires)
        else:
            chosen, confidence, rule = self._by_rule(fires)
        silent = ~fires.any(axis=1)
        chosen = np.where(silent, self.default, chosen)
        confidence = np.where(silent, self.default_confidence, confidence)
        ids = Words(np.where(silent, MISSING, rule), [one.id for one in self.rules])
        entity = encode(ids.objects().tolist())
        if self.numbers is not None:
            return Predictions(self.numbers[chosen], entity=entity)
        confidences = np.where(np.arange(len(self.classes)) == chosen[:, None], confidence[:, None], 0.0)
        value = Words(chosen, self.classes)
        return Predictions(value, self.classes, confidences=confidences, entity=entity)

    def _by_rule(self, fires: Booleans) -> tuple[Codes, Floats, Codes]:
        weights = np.array([rule.weight for rule in self.rules])
        if self.criterion == "firstHit":
            rule = fires.argmax(axis=1)
        else:
            rule = np.where(fires, weights, -np.inf).argmax(axis=1)
        return self.codes[rule], np.array([one.confidence for one in self.rules])[rule], rule

    def _by_sum(self, fires: Booleans) -> tuple[Codes, Floats, Codes]:
        weights = np.array([rule.weight for rule in self.rules])
        belongs = self.codes[:, None] == np.arange(len(self.classes))
        asked = fires @ belongs > 0
        sums = np.where(asked, (fires * weights) @ belongs, -np.inf)
        chosen = sums.argmax(axis=1)
        confidence = sums[np.arange(len(sums)), chosen] / fires.sum(axis=1)
        of_winner = fires & (self.codes == chosen[:, None])
        return chosen, confidence, of_winner.argmax(axis=1)


def _fires(rule: Rule, batch: Batch) -> Booleans:
    held = np.ones(batch.rows, dtype=bool)
    for predicate in rule.predicates:
        held &= predicate.evaluate(batch) == 1.0
    return held


def compile_rule_set(element: Element, compilation: Compilation, target: Target) -> RuleSet:
    """A RuleSetModel.

    Raises:
        ModelRefused: it has no rules, no way to choose among them, or a score that is no number in a regression.
    """
    rule_set = element.one("RuleSet")
    criterion = rule_set.one("RuleSelectionMethod").choice("criterion", CRITERIA)
    rules = list(_read_rules(rule_set, (), compilation, target))
    if not rules:
        raise rule_set.refusal("needs <SimpleRule> inside")
    default = rule_set.get("defaultScore")
    label = None if default is None else target.label(default)
    found = (*target.classes, *(rule.score for rule in rules), *((label,) if label is not None else ()))
    classes = tuple(dict.fromkeys(found))
    codes = np.array([classes.index(rule.score) for rule in rules], dtype=np.intp)
    return RuleSet(
        rules,
        classes,
        codes,
        criterion,
        MISSING if label is None else classes.index(label),
        rule_set.number("defaultConfidence", 0.0),
        _numbers(rule_set, classes) if target.function == "regression" else None,
    )


def _numbers(rule_set: Element, scores: Sequence[str]) -> Floats:
    return np.array([*(rule_set.parse_number(score, "score") for score in scores), np.nan])


def _read_rules(
    element: Element, outer: tuple[Predicate, ...], compilation: Compilation, target: Target
) -> Iterator[Rule]:
    for one in element.all("SimpleRule", "CompoundRule"):
        predicates = (*outer, predicate_of(one, compilation))
        if one.tag == "CompoundRule":
            yield from _read_rules(one, predicates, compilation, target)
        else:
            score = target.label(one.need("score"))
            weight, confidence = one.number("weight", 1.0), one.number("confidence", 1.0)
            yield Rule(one.get("id") or "", predicates, score, weight, confidence)


RULE_SET: Final = FamilyKind(
    tag="RuleSetModel",
    name="rule set",
    contents=("RuleSet",),
    compile=compile_rule_set,
    counted={"SimpleRule": "rules"},
)
