"""The shop's own tables: `items` (item, title, release_date, genres, age) and `interactions` (user, item, watched_share
...)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from liftstream.contracts.errors import InputError
from training.header import need_table
from training.similar_items.watching import Bits, Catalogue, Integers, Watching
from training.tables import (
    TablePart,
    as_dates,
    as_flags,
    as_numbers,
    as_text,
    as_times,
    read_parts,
    refuse,
    refuse_twice,
)

ITEM_COLUMNS: Final = ("item", "title", "release_date")
MORE_ITEM_COLUMNS: Final = ("genres", "age")
INTERACTION_COLUMNS: Final = ("user", "item", "watched_share")
MORE_INTERACTION_COLUMNS: Final = ("favourite", "like", "dislike", "time")
OLDEST_AGE: Final = 99
FEWEST_ROWS: Final = 100
"""Fewest rows: with fewer there is nothing to hold out and to learn from."""

Say = Callable[[str], None]


def read_folder(folder: Path, say: Say) -> tuple[Catalogue, Watching]:
    """Reads `items` and `interactions`, each CSV or Parquet.

    Args:
        folder: where both are.
        say: is told what was left out.

    Raises:
        InputError: a file is missing or cannot be used.
    """
    catalogue, watching = read_new(folder, say)
    if len(watching) < FEWEST_ROWS:
        file = need_table(folder, "interactions")
        raise InputError(f"{file}: {len(watching):,} usable rows; training needs at least {FEWEST_ROWS}")
    return catalogue, watching


def read_new(folder: Path, say: Say) -> tuple[Catalogue, Watching]:
    """Like `read_folder`, however few rows there are: the first interactions with new titles.

    Raises:
        InputError: a file is missing or cannot be used.
    """
    items = need_table(folder, "items")
    catalogue = read_items(items)
    return catalogue, read_interactions(need_table(folder, "interactions"), catalogue, items, say)


def read_items(file: Path) -> Catalogue:
    """The titles.

    Raises:
        InputError: a cell cannot be used, or an id appears twice.
    """
    parts = list(read_parts(file, ITEM_COLUMNS, MORE_ITEM_COLUMNS))
    if not parts:
        raise InputError(f"{file}: a header without rows; one row per title is needed")
    item, title = (np.concatenate([_objects(as_text(p, name)) for p in parts]) for name in ("item", "title"))
    refuse_twice(file, "item", item.tolist(), "a title")
    names, genres = _genres([genre for part in parts for genre in _genre_cells(part)])
    return Catalogue(
        item=item,
        title=title,
        released=np.concatenate([as_dates(part, "release_date") for part in parts]),
        genres=genres,
        genre_names=names,
        age=np.concatenate([_ages(part) for part in parts]),
    )


def read_interactions(file: Path, catalogue: Catalogue, items_file: Path, say: Say) -> Watching:
    """The views; rows of titles that the catalogue does not have are left out, counted and reported.

    Raises:
        InputError: a cell cannot be used.
    """
    import pyarrow

    known = pyarrow.array(catalogue.item, pyarrow.string())
    users, columns, unknown, example = [], [], 0, ""
    for part in read_parts(file, INTERACTION_COLUMNS, MORE_INTERACTION_COLUMNS):
        text = as_text(part, "item")
        place = pyarrow.compute.fill_null(pyarrow.compute.index_in(text, known), -1).to_numpy()
        found = place >= 0
        if not found.all():
            unknown += int((~found).sum())
            example = example or text[int(np.argmin(found))].as_py()
        users.append(as_text(part, "user").filter(pyarrow.array(found)).dictionary_encode())
        columns.append([column[found] for column in (place.astype(np.int32), *_signs(part))])
    if unknown:
        say(
            f"{file}: {unknown:,} rows of titles that {items_file.name} does not have are left out, first {example!r}"
        )
    if not columns:
        raise InputError(f"{file}: a header without rows; one row per user and title is needed")
    user, names = _encode(users)
    item, share, favourite, like, dislike, time = (np.concatenate(one) for one in zip(*columns, strict=True))
    return Watching(item, user, share, favourite, like, dislike, time, names)


def _signs(part: TablePart) -> Sequence[Any]:
    share = as_numbers(part, "watched_share", 0.0, 1.0).astype(np.float32)
    said = [as_flags(part, name, empty=False) for name in ("favourite", "like", "dislike")]
    return [share, *said, as_times(part, "time")]


def _encode(users: list[Any]) -> tuple[Any, Any]:
    """The place of each user in the list of distinct users, and that list."""
    import pyarrow

    chunks = pyarrow.chunked_array(users).unify_dictionaries().chunks
    place = np.concatenate([chunk.indices.to_numpy(zero_copy_only=False) for chunk in chunks])
    return place.astype(np.int32), _objects(chunks[0].dictionary)


def _objects(text: Any) -> Any:
    return text.to_numpy(zero_copy_only=False)


def _genre_cells(part: TablePart) -> list[list[str]]:
    if "genres" not in part.columns:
        return [[] for _ in range(len(part))]
    column = part.columns["genres"].to_pylist()
    texts = ["|".join(cell) if isinstance(cell, list) else cell or "" for cell in column]
    return [[name for genre in text.split("|") if (name := genre.strip().lower())] for text in texts]


def _genres(cells: list[list[str]]) -> tuple[tuple[str, ...], Bits]:
    names = tuple(sorted({name for cell in cells for name in cell}))
    place = {name: column for column, name in enumerate(names)}
    genres = np.zeros((len(cells), len(names)), dtype=np.bool_)
    for row, cell in enumerate(cells):
        genres[row, [place[name] for name in cell]] = True
    return names, genres


def _ages(part: TablePart) -> Integers:
    """Ages in years, written 16 or 16+; an empty one is 0."""
    if "age" not in part.columns:
        return np.zeros(len(part), dtype=np.int64)
    found = np.zeros(len(part), dtype=np.int64)
    for row, cell in enumerate(part.columns["age"].to_pylist()):
        text = str(cell if cell is not None else 0).strip().removesuffix("+") or "0"
        if not text.isascii() or not text.isdigit() or int(text) > OLDEST_AGE:
            refuse(part, "age", row, f"an age from 0 to {OLDEST_AGE}, such as 16 or 16+")
        found[row] = int(text)
    return found
