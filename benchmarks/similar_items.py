"""`python -m benchmarks.similar_items`: `liftstream train similar-items` on a large catalogue, with its time and memory.

Writes the tables as Parquet (or `--csv`), and trains in a process of its own, so that reading, pictures and writing
count. `--movielens FOLDER` takes u.data and u.item of MovieLens-100k instead (bring them yourself): explained shares by
rank, and the neighbours of some well-known titles.
"""

import json
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

SHOWN = ("Star Wars (1977)", "Toy Story (1995)", "Godfather, The (1972)", "Alien (1979)")
RANKS = (1, 5, 10, 20, 50)


@click.command()
@click.option("--items", default=20_000, show_default=True)
@click.option("--users", default=200_000, show_default=True)
@click.option("--interactions", default=10_000_000, show_default=True)
@click.option("--csv", "as_csv", is_flag=True)
@click.option("--movielens", type=click.Path(path_type=Path))
def main(items: int, users: int, interactions: int, as_csv: bool, movielens: Path | None) -> None:
    """Times one training."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if movielens is None:
            write_generated(folder, items, users, interactions, as_csv)
            print(json.dumps(train(folder, "--most-rank", "64"), indent=1))
        else:
            write_movielens(folder, movielens)
            print(json.dumps(train(folder, "--premieres-from", "1998-01-01"), indent=1))
            explain(folder)
            show(folder)


def write_generated(folder: Path, items: int, users: int, interactions: int, as_csv: bool) -> None:
    """Tables of the simulated cinema."""
    import pyarrow
    from pyarrow import csv, parquet

    from training.similar_items.generated import generate

    catalogue, watching, _ = generate(items, users, interactions, 1)
    names = np.array(catalogue.genre_names)
    tables = {
        "items": {
            "item": catalogue.item,
            "title": catalogue.title,
            "release_date": catalogue.released,
            "genres": ["|".join(names[row]) for row in catalogue.genres],
            "age": catalogue.age,
        },
        "interactions": {
            "user": pyarrow.DictionaryArray.from_arrays(watching.user, pyarrow.array(watching.users)).cast(
                "string"
            ),
            "item": pyarrow.DictionaryArray.from_arrays(watching.item, pyarrow.array(catalogue.item)).cast(
                "string"
            ),
            "watched_share": watching.share,
            "favourite": watching.favourite.astype(np.int8),
            "like": watching.like.astype(np.int8),
            "dislike": watching.dislike.astype(np.int8),
            "time": watching.time,
        },
    }
    for name, columns in tables.items():
        table = pyarrow.table(columns)
        if as_csv:
            csv.write_csv(table, folder / f"{name}.csv")
        else:
            parquet.write_table(table, folder / f"{name}.parquet")


def write_movielens(folder: Path, source: Path) -> None:
    """u.data and u.item as our tables: a rating of 5 is a title watched to its end and liked."""
    import pandas as pd

    ratings = pd.read_csv(source / "u.data", sep="\t", names=["user", "item", "rating", "time"])
    ratings["watched_share"] = ratings["rating"] / 5
    ratings["like"] = (ratings["rating"] == 5).astype(int)
    ratings["dislike"] = (ratings["rating"] == 1).astype(int)
    ratings.drop(columns="rating").to_csv(folder / "interactions.csv", index=False)
    titles = pd.read_csv(source / "u.item", sep="|", encoding="latin-1", header=None)
    released = pd.to_datetime(titles[2], format="%d-%b-%Y").fillna(pd.Timestamp("1995-01-01"))
    table = {"item": titles[0], "title": titles[1], "release_date": released.dt.strftime("%Y-%m-%d")}
    pd.DataFrame(table).to_csv(folder / "items.csv", index=False)


def train(folder: Path, *options: str) -> dict[str, object]:
    """One training of the tables in a folder: seconds, the most memory that it held, its figures."""
    printed = folder / "printed.json"
    arguments = [
        "train",
        "similar-items",
        "--data",
        str(folder),
        "--out",
        str(folder / "lists"),
        "--json",
        *options,
    ]
    start = time.perf_counter()
    with printed.open("wb") as out:
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "liftstream.cli", *arguments],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)],
        )
        _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit("the training failed")
    found = json.loads(printed.read_text())
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "memory_gb": round(usage.ru_maxrss / 2**20, 2),
        "rows": found["rows"],
        "before": found["before"],
        "after": found["after"],
    }


def explain(folder: Path) -> None:
    """Explained share of the matrix of ratings by rank."""
    from scipy import sparse

    from training.similar_items.decomposition import decompose
    from training.similar_items.reading import read_folder

    catalogue, watching = read_folder(folder, print)
    shape = (len(catalogue), len(watching.users))
    matrix = sparse.csr_array((watching.share.astype(float) * 5, (watching.item, watching.user)), shape=shape)
    explained = decompose(matrix, 1.0, max(RANKS), 1).explained
    print({rank: round(float(explained[rank - 1]), 3) for rank in RANKS})


def show(folder: Path) -> None:
    """Neighbours of well-known titles."""
    from training.similar_items.lookup import find_title, neighbours_of
    from training.similar_items.snapshot import read_snapshot

    snapshot = read_snapshot(folder / "lists")
    for title in SHOWN:
        rows = neighbours_of(snapshot, find_title(snapshot.titles.catalogue, title))
        print(title, "->", "; ".join(row["title"] for row in rows[:5]))


if __name__ == "__main__":
    main()
