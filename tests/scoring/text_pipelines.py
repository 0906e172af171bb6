"""Pipelines of scikit-learn that count words, on reviews drawn at random; `python -m tests.scoring.text_pipelines`
writes them as PMML with what scikit-learn says of 200 reviews into the collection of cases.
"""

import io
import re
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from tests.scoring.made_cases import CASES, keep_case, write_model

WORDS = [
    "the", "and", "a", "of", "it", "is", "was", "this", "not", "very", "good", "bad", "great", "poor",
    "awful", "fine", "app", "shop", "price", "delivery", "box", "size", "colour", "late", "early", "fast",
    "slow", "broken", "warm", "cheap", "again", "never", "always", "would", "buy", "return", "it's",
    "don't", "user-friendly", "C#", "naïve", "café", "2nd", "100", "ÜBER",
]  # fmt: skip
MARKS = ["", "", "", "", "", "", ",", ".", "!", "?!", "...", "”", ":"]
STOP_WORDS = ["the", "and", "of", "a", "is"]


def draw_reviews(rows: int, seed: int, plain: bool = False) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Reviews, and who liked what; `plain` ones have no quotation marks beyond ASCII.

    Stop words are exported with Java's `\\p{Punct}`, which holds ASCII only, while Splitter trims all punctuation.
    """
    random = np.random.default_rng(seed)
    reviews, liked = [], []
    for _ in range(rows):
        words = random.choice(WORDS, random.integers(1, 30)).tolist()
        pull = sum((w in ("good", "great", "fast", "fine")) - (w in ("bad", "poor", "broken")) for w in words)
        liked.append(int(pull + random.logistic() > 0))
        review = "".join(_write(word, random) for word in words)
        reviews.append(re.sub("[“”]", '"', review) if plain else review)
    return reviews, np.array(liked)


def _write(word: str, random: np.random.Generator) -> str:
    shown = word.capitalize() if random.random() < 0.2 else word.upper() if random.random() < 0.05 else word
    opening = random.choice(["", "", "", "(", "“"])
    return f"{opening}{shown}{random.choice(MARKS)}{random.choice([' ', ' ', '  ', chr(10), chr(9)])}"


def pipelines() -> dict[str, tuple[Any, Any]]:
    """Vectorizer and estimator by name."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import BernoulliNB, MultinomialNB
    from sklearn.neural_network import MLPClassifier
    from sklearn.tree import DecisionTreeClassifier
    from sklearn2pmml.feature_extraction.text import Splitter

    split: dict[str, Any] = {"tokenizer": Splitter(), "token_pattern": None}
    return {
        "CountLogistic": (CountVectorizer(**split), LogisticRegression()),
        "CountDefaultTokens": (CountVectorizer(), LogisticRegression()),
        "CountBinaryForest": (
            CountVectorizer(**split, binary=True),
            RandomForestClassifier(5, max_depth=4, random_state=1),
        ),
        "CountStopWordsPairs": (
            CountVectorizer(**split, stop_words=STOP_WORDS, ngram_range=(2, 2), max_features=120),
            LogisticRegression(),
        ),
        "CountOtherSeparator": (
            CountVectorizer(tokenizer=Splitter(r"[\s\-,.]+"), token_pattern=None),
            DecisionTreeClassifier(max_depth=5, random_state=1),
        ),
        "TfidfLogistic": (TfidfVectorizer(**split, norm=None), LogisticRegression()),
        "TfidfSublinear": (
            TfidfVectorizer(**split, norm=None, sublinear_tf=True, ngram_range=(1, 3), max_features=80),
            LogisticRegression(),
        ),
        "TfidfBoosting": (
            TfidfVectorizer(norm=None, ngram_range=(1, 2), max_features=60),
            GradientBoostingClassifier(n_estimators=10, random_state=1),
        ),
        "TfidfUnitLength": (TfidfVectorizer(**split), LogisticRegression()),
        "TfidfNetwork": (
            TfidfVectorizer(**split, norm=None),
            MLPClassifier((4,), max_iter=50, random_state=1),
        ),
        "CountMultinomialNB": (CountVectorizer(**split), MultinomialNB()),
        "CountBernoulliNB": (CountVectorizer(**split, binary=True), BernoulliNB()),
    }


def export(name: str, path: Path) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Writes a pipeline as PMML; 200 reviews and what it says of them."""
    from sklearn2pmml.pipeline import PMMLPipeline

    vectorizer, estimator = pipelines()[name]
    pipeline = PMMLPipeline([("vectorizer", vectorizer), ("estimator", estimator)])
    plain = "StopWords" in name
    reviews, liked = draw_reviews(400, 1, plain)
    pipeline.active_fields, pipeline.target_fields = np.array(["review"]), np.array(["liked"])
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit(np.array(reviews, dtype=object), liked)
        write_model(pipeline, path)
        others, _ = draw_reviews(200, 2, plain)
        return others, pipeline.predict_proba(np.array(others, dtype=object))


KEPT = (
    "CountDefaultTokens", "CountBinaryForest", "CountStopWordsPairs", "CountOtherSeparator", "CountMultinomialNB",
    "TfidfLogistic", "TfidfSublinear", "TfidfBoosting", "TfidfUnitLength",
)  # fmt: skip


def write_cases() -> None:
    """The kept pipelines, their reviews, what scikit-learn says, and their entries in the index."""
    for name in KEPT:
        reviews, expected = export(name, CASES / f"{name}.pmml")
        given = "PlainReviews.csv" if "StopWords" in name else "Reviews.csv"
        answers = ["probability(0)", "probability(1)"], expected.tolist()
        keep_case(name, "text index", given, (["review"], [[review] for review in reviews]), answers)


if __name__ == "__main__":
    write_cases()
