"""A snapshot: all lists of one training with a version, written whole as Parquet and read back whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from liftstream.contracts.errors import ExtraMissing, InputError
from liftstream.contracts.messages import NOT_JSON
from liftstream.contracts.whole_file import write_whole
from training.card import to_json
from training.similar_items.neighbours import Lists
from training.similar_items.preparation import ListOptions
from training.similar_items.watching import Catalogue, Floats, Integers

LISTS: Final = "similar_items.parquet"
CARD: Final = "similar_items.json"
TITLES: Final = "similar_items_titles.parquet"
USERS: Final = "similar_items_users.parquet"
VERSION: Final = b"snapshot"
"""Key of the version in the metadata of each Parquet file."""


class ListsCard(msgspec.Struct, frozen=True, kw_only=True):
    """The card of the lists: the snapshot, its origin, and its quality."""

    name: str
    snapshot: str
    sha256: str
    created: str
    items: int
    users: int
    rows: int
    seed: int
    options: dict[str, Any]
    metrics: dict[str, Any]
    about: str = ""


@dataclass(frozen=True, eq=False)
class Titles:
    """The titles of a snapshot, by place.

    Attributes:
        catalogue: ids, titles, genres, ages, release dates.
        premiere: released on the first day of premieres or later.
        watchers: users who met the title.
        vectors: shape (titles, rank).
        weight: multiplies the cosine with this neighbour.
    """

    catalogue: Catalogue
    premiere: Any
    watchers: Integers
    vectors: Floats
    weight: Floats


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Lists, their titles, and the vectors for new titles."""

    version: str
    titles: Titles
    lists: Lists
    users: Any
    user_vectors: Floats

    def __len__(self) -> int:
        return len(self.lists)


def version_of(lists: Lists, titles: Titles, created: datetime) -> str:
    """A version of time and content: later snapshots sort later, equal lists of one second are equal snapshots."""
    content = sha256(
        lists.neighbour.tobytes() + lists.score.tobytes() + "\n".join(titles.catalogue.item).encode()
    )
    return f"{created:%Y%m%dT%H%M%SZ}-{content.hexdigest()[:8]}"


def as_rows(snapshot: Snapshot) -> dict[str, Any]:
    """One row per item and rank, ordered by both: columns by name."""
    lists, titles = snapshot.lists, snapshot.titles
    item, place = np.nonzero(lists.filled)
    neighbour = lists.neighbour[item, place]
    about = titles.catalogue
    genres = _genre_texts(about)
    return {
        "snapshot": np.full(len(item), snapshot.version, dtype=object),
        "item": about.item[item],
        "title": about.title[item],
        "rank": (place + 1).astype(np.int32),
        "neighbour": about.item[neighbour],
        "neighbour_title": about.title[neighbour],
        "score": lists.score[item, place],
        "cosine": lists.cosine[item, place],
        "neighbour_released": about.released[neighbour],
        "neighbour_genres": genres[neighbour],
        "neighbour_age": about.age[neighbour],
        "neighbour_premiere": titles.premiere[neighbour],
        "neighbour_watchers": titles.watchers[neighbour],
    }


def _genre_texts(catalogue: Catalogue) -> Any:
    names = np.array(catalogue.genre_names, dtype=object)
    texts = np.empty(len(catalogue), dtype=object)
    texts[:] = ["|".join(names[row].tolist()) for row in catalogue.genres]
    return texts


def write_snapshot(snapshot: Snapshot, card: ListsCard, folder: Path) -> Path:
    """Writes all files, the lists last, so that who reads them finds the rest; returns the file of the lists.

    The card gets the hash of the lists' file, by which readers know that both belong together.

    Raises:
        InputError: the folder cannot be written.
    """
    lists = _parquet(as_rows(snapshot), snapshot.version)
    write_whole(folder / TITLES, _parquet(_title_columns(snapshot.titles), snapshot.version))
    users = {"user": snapshot.users, "vector": _vectors(snapshot.user_vectors)}
    write_whole(folder / USERS, _parquet(users, snapshot.version))
    write_whole(folder / CARD, to_json(msgspec.structs.replace(card, sha256=sha256(lists).hexdigest())))
    write_whole(folder / LISTS, lists)
    return folder / LISTS


def _title_columns(titles: Titles) -> dict[str, Any]:
    about = titles.catalogue
    return {
        "item": about.item,
        "title": about.title,
        "released": about.released,
        "genres": _genre_texts(about),
        "age": about.age,
        "premiere": titles.premiere,
        "watchers": titles.watchers,
        "weight": titles.weight,
        "vector": _vectors(titles.vectors),
    }


def _vectors(matrix: Floats) -> Any:
    import pyarrow

    flat = pyarrow.array(np.ascontiguousarray(matrix).ravel())
    return pyarrow.FixedSizeListArray.from_arrays(flat, matrix.shape[1])


def _parquet(columns: Mapping[str, Any], version: str) -> bytes:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({name: pyarrow.array(values) for name, values in columns.items()})
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table.replace_schema_metadata({VERSION: version.encode()}), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def read_snapshot(folder: Path) -> Snapshot:
    """The snapshot in a folder.

    Raises:
        InputError: there is none, or its files are of different snapshots.
        ExtraMissing: pyarrow is not installed.
    """
    lists, version = _read(folder / LISTS)
    titles, of_titles = _read(folder / TITLES)
    users, of_users = _read(folder / USERS)
    if {of_titles, of_users} != {version}:
        raise InputError(
            f"{folder}: its files are of the snapshots {', '.join(sorted({version, of_titles, of_users}))}; a training"
            " is writing here or was broken off: try again, or run 'liftstream train similar-items'"
        )
    known = _titles_of(titles)
    return Snapshot(
        version=version,
        titles=known,
        lists=_lists_of(lists, known.catalogue),
        users=users["user"].to_numpy(),
        user_vectors=_matrix(users["vector"]),
    )


def read_options(folder: Path) -> ListOptions:
    """How the lists in a folder were made.

    Raises:
        InputError: the card is missing or is none.
    """
    path = folder / CARD
    try:
        card = msgspec.json.decode(path.read_bytes(), type=ListsCard)
        return ListOptions.of(card.options)
    except (*NOT_JSON, OSError, TypeError, KeyError) as error:
        raise InputError(f"{path}: not the card of a snapshot: {error!r:.120}") from None


def _read(path: Path) -> tuple[Any, str]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("reading a snapshot", "training") from None
    try:
        table = parquet.read_table(path)
        return table, table.schema.metadata[VERSION].decode()
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; 'liftstream train similar-items --out {path.parent}' writes it"
        ) from None
    except (pyarrow.ArrowException, OSError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a snapshot of similar items: {error!r:.120}") from None


def _matrix(column: Any) -> Floats:
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float64).reshape(len(column), -1)


def _titles_of(table: Any) -> Titles:
    cells = [text.split("|") if text else [] for text in table["genres"].to_pylist()]
    names = tuple(sorted({name for cell in cells for name in cell}))
    genres = np.array([[name in cell for name in names] for cell in cells], dtype=np.bool_)
    catalogue = Catalogue(
        item=table["item"].to_numpy(),
        title=table["title"].to_numpy(),
        released=table["released"].to_numpy().astype("datetime64[D]"),
        genres=genres.reshape(len(cells), len(names)),
        genre_names=names,
        age=table["age"].to_numpy(),
    )
    return Titles(
        catalogue,
        table["premiere"].to_numpy(),
        table["watchers"].to_numpy(),
        _matrix(table["vector"]),
        table["weight"].to_numpy(),
    )


def _lists_of(table: Any, catalogue: Catalogue) -> Lists:
    place = {item: number for number, item in enumerate(catalogue.item.tolist())}
    item = np.array([place[name] for name in table["item"].to_pylist()], dtype=np.int64)
    neighbour = np.array([place[name] for name in table["neighbour"].to_pylist()], dtype=np.int64)
    column = table["rank"].to_numpy().astype(np.int64) - 1
    return Lists.of_rows(
        len(catalogue), item, column, neighbour, table["score"].to_numpy(), table["cosine"].to_numpy()
    )
