"""Finds a title by what people type, and its list as rows for people."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from liftstream.contracts.errors import InputError
from training.similar_items.neighbours import Lists
from training.similar_items.snapshot import Snapshot, Titles
from training.similar_items.watching import Catalogue


def find_title(catalogue: Catalogue, asked: str) -> int:
    """The place of a title, by its name in any case or by its id.

    Raises:
        InputError: none or several are called so; the message names near ones.
    """
    return choose(catalogue.item.tolist(), catalogue.title.tolist(), asked)


def choose(items: Sequence[str], titles: Sequence[str], asked: str) -> int:
    """The place of `asked` among ids and titles.

    Raises:
        InputError: none or several are called so.
    """
    if asked in items:
        return items.index(asked)
    names = [title.casefold() for title in titles]
    found = [place for place, name in enumerate(names) if name == asked.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(items[place] for place in found[:5])
        raise InputError(f"{len(found)} titles are called {asked!r}: name one by its id: {ids}")
    part = [name for name in names if asked.casefold() in name]
    near = get_close_matches(asked.casefold(), part or names, n=3, cutoff=0.0 if part else 0.6)
    shown = ", ".join(repr(titles[names.index(name)]) for name in near)
    hint = f"near it: {shown}" if shown else "ids and titles are those of the items table"
    raise InputError(f"the snapshot has no title {asked!r}; {hint}")


def neighbours_of(snapshot: Snapshot, place: int, lists: Lists | None = None) -> list[dict[str, Any]]:
    """The list of a title as rows, best first; from `lists` if the title is not one of the snapshot's own."""
    lists, titles = lists or snapshot.lists, snapshot.titles
    about = titles.catalogue
    return [
        {
            "rank": rank,
            "item": about.item[neighbour],
            "title": about.title[neighbour],
            "score": round(score, 6),
            "released": str(about.released[neighbour]),
            "genres": genres_of(about, neighbour),
            "age": int(about.age[neighbour]),
            "premiere": bool(titles.premiere[neighbour]),
            "watchers": int(titles.watchers[neighbour]),
        }
        for rank, (neighbour, score) in enumerate(
            zip(lists.neighbour[place].tolist(), lists.score[place].tolist(), strict=True), start=1
        )
        if neighbour >= 0
    ]


def genres_of(catalogue: Catalogue, place: int) -> str:
    """The genres of a title, separated by commas."""
    return ", ".join(n for n, has in zip(catalogue.genre_names, catalogue.genres[place], strict=True) if has)


def describe_title(titles: Titles, place: int) -> str:
    """A title with its release, genres, age and watchers."""
    about = titles.catalogue
    words = [str(about.title[place]), str(about.released[place])]
    words += [text for text in (genres_of(about, place),) if text]
    words.append(f"{about.age[place]}+")
    words.append(f"{titles.watchers[place]:,} watchers" + (", premiere" if titles.premiere[place] else ""))
    return ", ".join(words)
