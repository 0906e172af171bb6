"""TextIndex: the standard's examples (as the tests of two other engines carry them), every setting by hand, and an
oracle that reads each document by itself.
"""

import math
import re
import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.errors import ModelError, ModelRefused, ModelUnsupported
from liftstream.scoring.expressions.text.edit_distance import Lexicon
from liftstream.scoring.expressions.text.patterns import guard
from liftstream.scoring.expressions.text.term_counts import Occurrences
from liftstream.scoring.expressions.text.tokens import Tokenizer
from tests.scoring.documents import score

TEXT = "optype='categorical' dataType='string'"


def document(expression: str, functions: str = "", derived: str = "") -> str:
    """A model whose output y is an expression of the texts `review` and `term`."""
    return (
        "<PMML xmlns='http://www.dmg.org/PMML-4_4' version='4.4'><Header/><DataDictionary>"
        f"<DataField name='review' {TEXT}/><DataField name='term' {TEXT}/></DataDictionary>"
        f"<TransformationDictionary>{functions}{derived}</TransformationDictionary>"
        "<RegressionModel functionName='regression'><MiningSchema><MiningField name='review'/><MiningField name='term'/>"
        "</MiningSchema><Output><OutputField name='y' feature='transformedValue' dataType='double'>"
        f"{expression}</OutputField></Output><RegressionTable intercept='0'/></RegressionModel></PMML>"
    )


def index(term: str, settings: str = "", tables: str = "") -> str:
    """A TextIndex of the field review."""
    inside = term if term.startswith("<") else f"<Constant dataType='string'>{term}</Constant>"
    return f"<TextIndex textField='review' {settings}>{tables}{inside}</TextIndex>"


def table(
    *rows: tuple[str, str, bool], settings: str = "", names: tuple[str, str] = ("string", "stem")
) -> str:
    """A TextIndexNormalization."""
    written = "".join(
        f"<row><{names[0]}>{string}</{names[0]}><{names[1]}>{stem}</{names[1]}><regex>{str(regex).lower()}</regex></row>"
        for string, stem, regex in rows
    )
    return f"<TextIndexNormalization {settings}><InlineTable>{written}</InlineTable></TextIndexNormalization>"


def count(
    expression: str, *texts: str | None, functions: str = "", derived: str = "", **more: Any
) -> list[Any]:
    """y of each text; the reason where the row has none."""
    scores = score(document(expression, functions, derived), review=list(texts), **more)
    problems = [None] * len(texts) if scores.problems is None else scores.problems.tolist()
    values = [None if value is None or math.isnan(value) else value for value in scores["y"].tolist()]
    return [value if problem is None else problem for value, problem in zip(values, problems, strict=True)]


FOXES = "The quick browny foxy jumps over the lazy dog. The brown fox runs away and to be with another brown foxy."
DOGS = "I have a doog. My dog is white. The doog is friendly."
SHIP = (
    "The Sun was setting while the captain's son reached the bounty island, minutes after their ship had sunk to the "
    "bottom of the ocean."
)
HYPHEN = r"wordSeparatorCharacterRE='[\s\-]'"


@pytest.mark.parametrize(
    ("term", "settings", "text", "times"),
    [
        ("brown fox", "maxLevenshteinDistance='0'", FOXES, 1),
        ("brown fox", "maxLevenshteinDistance='1'", FOXES, 2),
        ("brown fox", "maxLevenshteinDistance='2'", FOXES, 3),
        ("dog", "maxLevenshteinDistance='1'", DOGS, 3),
        ("dog", "maxLevenshteinDistance='1' countHits='bestHits'", DOGS, 1),
        ("user friendly", HYPHEN, "user-friendly", 1),
        ("user friendly", HYPHEN, "user friendly", 1),
        ("user friendly", "", "user-friendly", 0),
        ("sun", "", SHIP, 1),
        ("sun", "isCaseSensitive='false' maxLevenshteinDistance='1'", SHIP, 3),
    ],
)
def test_an_example_of_the_standard_is_counted_as_it_says(
    term: str, settings: str, text: str, times: int
) -> None:
    assert count(index(term, settings), text) == [times]


INTERFACES = table(
    ("interfaces?", "interface", True), ("is|are|seem(ed|s?)|were", "be", True), ("user friendl(y|iness)", "user_friendly", True)
) + table(
    ("interface be (user_friendly|well designed|excellent)", "ui_good", True),
    settings="inField='re' outField='feature' regexField='regex'", names=("re", "feature"),
)  # fmt: skip


def test_the_standards_example_of_normalizing_finds_that_the_interface_is_good() -> None:
    function = (
        "<DefineFunction name='found' optype='continuous'><ParameterField name='review'/><ParameterField name='term'/>"
        f"<TextIndex textField='review' localTermWeights='binary' isCaseSensitive='false'>{INTERFACES}"
        "<FieldRef field='term'/></TextIndex></DefineFunction>"
    )
    call = "<Apply function='found'><FieldRef field='review'/><Constant>ui_good</Constant></Apply>"
    good = "Testing the app for a few days convinced me the interfaces are excellent!"
    other = "The user friendliness of these interfaces seemed poor; the interface is well made."
    assert count(call, good, other, functions=function) == [1, 0]


@pytest.mark.parametrize(
    ("settings", "text", "weight"),
    [
        ("localTermWeights='termFrequency'", "a b a", 2),
        ("localTermWeights='binary'", "a b a", 1),
        ("localTermWeights='binary'", "b", 0),
        ("localTermWeights='logarithmic'", "a b a", math.log10(3)),
        ("localTermWeights='logarithmic'", "b", 0),
        ("localTermWeights='augmentedNormalizedTermFrequency'", "a b B a b c", 0.5 * (1 + 2 / 3)),
        ("localTermWeights='augmentedNormalizedTermFrequency' isCaseSensitive='true'", "a b B a b c", 1),
        ("localTermWeights='augmentedNormalizedTermFrequency'", "b b", 0),
        ("localTermWeights='augmentedNormalizedTermFrequency'", "...", 0),
        ("isCaseSensitive='true'", "a A (a) À", 2),
        ("isCaseSensitive='false'", "a A (a) À", 3),
        ("tokenize='false'", "a", 1),
        ("tokenize='false'", "a a", 0),
        ("tokenize='false' maxLevenshteinDistance='2'", "a a", 1),
        (r"x-wordRE='\w+'", "a-a_a a", 2),
        (r"wordSeparatorCharacterRE='[^a]'", "a-a_a b", 3),
        (r"wordSeparatorCharacterRE='(-)|(_)'", "a-a_a b", 2),
        (r"wordSeparatorCharacterRE='\p{Punct}'", "a!a? b", 2),
        ("", "  “a”,\n¿a? 'a's — a", 3),
        ("", None, None),
    ],
)
def test_a_setting_changes_the_weight(settings: str, text: str | None, weight: float | None) -> None:
    assert count(index("a", settings), text) == [
        weight if weight is None else pytest.approx(weight, rel=1e-15)
    ]


@pytest.mark.parametrize(
    ("tables", "text", "times"),
    [
        (table(("dogs", "dog", False)), "Dogs, dogs and DOGS! hotdogs", 3),
        (table(("dogs", "dog", False), settings="isCaseSensitive='true'"), "Dogs, dogs and DOGS! hotdogs", 1),
        (table(("dogs", "dog", False), settings="tokenize='false'"), "Dogs, dogs and bulldogs", 2),
        (table(("dogs", "dog", False), settings="maxLevenshteinDistance='1'"), "doggs, dugs and dogs", 3),
        (table(("four legged", "dog", False)), "a (four   legged) friend", 1),
        (
            table(("four legged", "dog", False), settings=r"wordSeparatorCharacterRE='[\s-]+'"),
            "a four-legged friend",
            1,
        ),
        (table(("d d", "dog", False)), "d d d", 1),
        (table(("cat", "cow", False), ("cow", "dog", False)), "cat cow", 2),
        (table(("cow", "dog", False), ("cat", "cow", False)), "cat cow", 1),
        (table(("cow", "dog", False), ("cat", "cow", False), settings="recursive='true'"), "cat cow", 2),
        (table(("(hot|bull)dog", "$1 dog", True)), "hotdog BullDog", 2),
        (table(("x", "$1\\", False), settings="tokenize='false'"), "dog x dog", 2),
        (table((r"\s*!\s*", " ", True)), "dog!dog ! dog", 3),
        ("<TextIndexNormalization/>", "dog", 1),
    ],
)
def test_a_table_rewrites_the_text_before_it_is_counted(tables: str, text: str, times: int) -> None:
    assert count(index("dog", "", tables), text) == [times]


def test_stop_words_are_taken_out_as_the_exporter_writes_them() -> None:
    row = (r"(^|\s+)\p{Punct}*(the|and)\p{Punct}*(\s+|$)", " ", True)
    tables = table(row, settings="recursive='true'")
    assert count(index("cat dog", "", tables), "Cat and the (the) AND dog", "catand dog", "the cat, dog") == [
        1,
        0,
        1,
    ]


def test_a_table_that_comes_to_no_end_rejects_the_row() -> None:
    tables = table(("a", "aa", True), settings="recursive='true'")
    value, reason = count(index("b", "", tables), "b c", "a b")
    assert value == 1
    assert "comes to no end" in reason


def test_a_text_that_is_too_long_rejects_the_row() -> None:
    value, reason = count(index("a"), "a", "a " * 60_000)
    assert value == 1
    assert "too long" in reason


def test_the_term_may_be_a_field() -> None:
    field = index("<FieldRef field='term'/>")
    terms = ["a", "b", "a b", None, "A", "..."]
    assert count(field, *["a b a b"] * 6, term=terms) == [2, 2, 2, None, 2, 0]


def test_a_number_may_be_the_term() -> None:
    assert count(index("<Constant>2</Constant>"), "2 or 2.0 or 22") == [1]


def test_a_term_without_a_token_occurs_nowhere() -> None:
    assert count(index("..."), "... a ...") == [0]


def test_whole_weights_are_whole_numbers() -> None:
    half = f"<Apply function='/'>{index('a')}<Constant>2</Constant></Apply>"
    assert count(half, "a a a") == [1]


def test_some_rows_of_a_batch_are_counted_like_all() -> None:
    choice = (
        "<Apply function='if'><Apply function='equal'><FieldRef field='term'/><Constant dataType='string'>x</Constant></Apply>"
        f"{index('a')}{index('b')}</Apply>"
    )
    texts = ["a a b", "a a b", "b", None, "a"]
    assert count(choice, *texts, term=["x", "y", "x", "x", "x"]) == [2, 1, 0, None, 1]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (index("a", r"wordSeparatorCharacterRE='(\s+)+x'"), "whose search could take forever"),
        (index("a", "wordSeparatorCharacterRE='x*'"), "which is found where there is nothing"),
        (index("a", r"wordSeparatorCharacterRE='\s' x-wordRE='\w'"), "has both"),
        (index("a", "maxLevenshteinDistance='-1'"), "supported: 0 to 100"),
        (index("a", "maxLevenshteinDistance='1000000'"), "supported: 0 to 100"),
        (index("a", "countHits='someHits'"), "supported: allHits, bestHits"),
        (index("a", "localTermWeights='okapi'"), "supported: termFrequency, binary, logarithmic"),
        (index("a", "tokenize='perhaps'"), "accepted: true, false"),
        (index("a", "", "<TextIndexNormalization><TableLocator/></TextIndexNormalization>"), "<TableLocator> is not understood"),
        (index("a", "", table(("(a+)+b", "c", True))), "whose search could take forever"),
        (index("a", "", table(("a", r"$7", True))), "has the replacement"),
        (index("a", "", table(("a", "b" * 201, True))), "more than 200 characters"),
        (index("a", "", table(("a", "b" * 201, False))), "more than 200 characters"),
        (index("a", "", table(("...", "b", False))), "there is no token"),
        (index("a", "", table(("a", "b", False), settings="tokenize='false' maxLevenshteinDistance='1'")), "not searched for"),
        (index("a", "", table(("a", "b", False), settings="outField='other'")), "needs a cell other"),
        (index("a").replace("'review'", "'reviw'"), "names the field 'reviw'.*did it mean 'review'"),
        ("<TextIndex textField='review'/>", "needs <Constant>"),
    ],
)  # fmt: skip
def test_what_is_not_counted_is_refused_by_name(expression: str, why: str) -> None:
    with pytest.raises(ModelError, match=why) as refused:
        count(expression, "a")
    assert isinstance(refused.value, ModelUnsupported | ModelRefused)
    assert "\n" not in str(refused.value)


def test_documents_are_tokenized_once_for_all_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    original = Occurrences.__init__

    def counted(self: Occurrences, *arguments: Any) -> None:
        made.append(1)
        original(self, *arguments)

    monkeypatch.setattr(Occurrences, "__init__", counted)
    function = (
        "<DefineFunction name='tf'><ParameterField name='d'/><ParameterField name='t'/>"
        "<TextIndex textField='d'><FieldRef field='t'/></TextIndex></DefineFunction>"
    )
    calls = "".join(
        f"<Apply function='tf'><FieldRef field='review'/><Constant dataType='string'>{term}</Constant></Apply>"
        for term in "abc"
    )
    assert count(f"<Apply function='sum'>{calls}{index('a')}</Apply>", "a b c", functions=function) == [4]
    assert len(made) == 1


LETTERS = st.text("abB ,.é", max_size=25)


def strip(piece: str) -> str:
    """Without punctuation at the ends, by the standard library's table."""
    marks = "".join(letter for letter in set(piece) if unicodedata.category(letter)[0] == "P")
    return piece.strip(marks)


def distance(a: str, b: str) -> int:
    """Levenshtein's, by its definition."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def occurs(text: str, term: str, case: bool, limit: int, best: bool) -> int:
    """How often, looked for in one document place by place."""
    tokens, wanted = (
        [t if case else t.lower() for t in map(strip, re.split(r"\s+", one)) if t] for one in (text, term)
    )
    starts = range(len(tokens) - len(wanted) + 1) if wanted else ()
    apart = [sum(map(distance, tokens[i : i + len(wanted)], wanted)) for i in starts]
    hits = [d for d in apart if d <= limit]
    return hits.count(min(hits)) if hits and best else len(hits)


@given(
    st.lists(LETTERS, max_size=6),
    st.text("abBé. ", max_size=6),
    st.booleans(),
    st.integers(0, 3),
    st.booleans(),
)
def test_terms_are_counted_as_in_each_document_by_itself(
    texts: list[str], term: str, case: bool, limit: int, best: bool
) -> None:
    tokenizer = Tokenizer(guard(r"\s+"), case_sensitive=case)
    found = Occurrences(texts, tokenizer).count(tokenizer.tokens(term), limit, best)
    assert found.tolist() == [occurs(text, term, case, limit, best) for text in texts]


@given(st.lists(LETTERS, max_size=6))
def test_the_most_frequent_token_is_counted_as_in_each_document_by_itself(texts: list[str]) -> None:
    tokenizer = Tokenizer(guard(r"\s+"))
    tokens = [tokenizer.tokens(text) for text in texts]
    highest = [max(map(some.count, some), default=0) for some in tokens]
    assert Occurrences(texts, tokenizer).highest.tolist() == highest


@given(st.text("abc", max_size=8), st.lists(st.text("abcé", max_size=8), max_size=8), st.integers(0, 4))
def test_distances_are_levenshteins_up_to_the_limit(word: str, others: list[str], limit: int) -> None:
    found = Lexicon(others).distances(word, limit)
    assert found.tolist() == [min(distance(word, other), limit + 1) for other in others]


@given(LETTERS)
def test_where_tokens_stand_is_where_they_are_read(text: str) -> None:
    for tokenizer in (
        Tokenizer(guard(r"\s+")),
        Tokenizer(word=guard(r"\w+")),
        Tokenizer(case_sensitive=True),
    ):
        spans = [tokenizer.read(text[start:end]) for start, end in tokenizer.spans(text)]
        assert spans == tokenizer.tokens(text)


def test_reviews_are_scored_the_same_one_by_one_and_together() -> None:
    texts = ["a b", "b", "a a", "c"]
    together = count(index("a"), *texts)
    assert together == [count(index("a"), text)[0] for text in texts]
    assert np.array(together).sum() == 3
