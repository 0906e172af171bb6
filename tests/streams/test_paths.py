"""Paths into records: what they find, how they are written, and what is no path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.streams.paths import ABSENT, FARTHEST, NoWay, Path, PathError, Step, parse_path

keys = st.text(max_size=12)
paths = st.tuples(keys, st.lists(keys | st.integers(-FARTHEST, FARTHEST), max_size=6)).map(
    lambda p: Path((p[0], *p[1]))
)


@given(paths)
def test_a_path_that_was_written_is_read_as_the_same(path: Path) -> None:
    assert parse_path(str(path)) == path


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_refused_in_words(text: str) -> None:
    try:
        path = parse_path(text)
    except PathError:
        return
    assert parse_path(str(path)) == path


@given(paths, st.integers())
def test_a_path_finds_what_was_put_where_it_leads(path: Path, value: int) -> None:
    record: Any = value
    for step in reversed(path.steps):
        record = {step: record} if isinstance(step, str) else in_list(near(step), record)
    short = Path(tuple(step if isinstance(step, str) else near(step) for step in path.steps))
    assert short.find(record) == value


def near(place: int) -> int:
    """One of the first ten places of a list, from the same end."""
    return max(-9, min(place, 9))


def in_list(place: int, value: Any) -> list[Any]:
    """A list with the value at this place, and in no other."""
    return [None] * place + [value] if place >= 0 else [value] + [None] * (-1 - place)


@given(st.lists(st.integers(), max_size=4), st.integers(-6, 6))
def test_a_place_that_a_list_does_not_have_is_absent_at_both_ends(values: list[int], place: int) -> None:
    found = parse_path(f"a[{place}]").find({"a": values})
    assert found == (values[place] if -len(values) <= place < len(values) else ABSENT)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("country", ("country",)),
        ("products.cat17", ("products", "cat17")),
        ("basket[0].price", ("basket", 0, "price")),
        ("a[1][23]", ("a", 1, 23)),
        ("a[-1]", ("a", -1)),
        ('"odd.key"', ("odd.key",)),
        ('a."post code"[2]."say \\"x\\" \\\\".b', ("a", "post code", 2, 'say "x" \\', "b")),
        ('""', ("",)),
        ("größe.x-y", ("größe", "x-y")),
    ],
)
def test_paths_are_read_as_their_page_says(text: str, steps: tuple[Step, ...]) -> None:
    assert parse_path(text).steps == steps


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (".a", "letter 1"),
        ("a..b", "letter 2"),
        ("a.", "letter 2"),
        ("[0].a", "letter 1"),
        ("a[x]", "letter 2"),
        ("a[-]", "letter 2"),
        ("a[10000]", "letter 2"),
        ("a.[0]", "letter 2"),
        ("a b", "letter 2"),
        ('a"b"', "letter 2"),
        ('"a', "letter 1"),
        ("a." * 40 + "a", "41 steps"),
        ("a" * 1001, "1001 letters"),
    ],
)
def test_what_is_no_path_is_refused_where_it_ends_to_be_one(text: str, words: str) -> None:
    with pytest.raises(PathError, match=words):
        parse_path(text)


@pytest.mark.parametrize(
    "record", [{}, {"a": None}, {"a": []}, {"a": [None]}, {"a": [{}]}, {"a": [{"c": 1}]}]
)
def test_nothing_and_null_on_the_way_are_absent(record: dict[str, Any]) -> None:
    assert parse_path("a[0].b").find(record) is ABSENT


def test_null_at_the_end_is_found() -> None:
    assert parse_path("a.b").find({"a": {"b": None}}) is None


@pytest.mark.parametrize(
    ("record", "words"), [({"a": {}}, "a is not a list"), ({"a": ["x"]}, r"a\[0\] is not an object")]
)
def test_something_else_on_the_way_is_named(record: dict[str, Any], words: str) -> None:
    with pytest.raises(NoWay, match=words):
        parse_path("a[0].b").find(record)
