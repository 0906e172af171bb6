"""`liftstream train similar-items` and `liftstream similar-items`, as they are typed."""

import json
from pathlib import Path

import pytest

from tests.conftest import Typed, run_liftstream

SMALL = ("--items", 300, "--users", 1_000, "--interactions", 20_000, "--most-rank", 8, "--seed", 5)
FILES = {
    "similar_items.json",
    "similar_items.parquet",
    "similar_items_titles.parquet",
    "similar_items_users.parquet",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("similar")
    done = run_liftstream("train", "similar-items", *SMALL, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "printed.json").write_text(done.stdout)
    return folder


def test_training_prints_one_document_and_leaves_a_snapshot_with_pictures(trained: Path) -> None:
    printed = json.loads((trained / "printed.json").read_text())
    assert {path.name for path in (trained / "similar-items").iterdir()} == FILES | {"report"}
    assert {path.name for path in (trained / "similar-items/report").iterdir()} == {"map.png", "lists.png"}
    for picture in (trained / "similar-items/report").iterdir():
        assert picture.read_bytes().startswith(b"\x89PNG")
    before, after = printed["before"], printed["after"]
    assert after["premiere_share"] <= before["premiere_share"] / 2
    assert printed["options"]["score_lambda"] == after["score_lambda"]
    assert before["recall_others"]["low"] < before["recall_others"]["value"] < before["recall_others"]["high"]
    card = json.loads((trained / "similar-items/similar_items.json").read_text())
    assert card["snapshot"] == printed["snapshot"]


def test_without_premieres_the_lists_stay_and_the_option_is_named(tmp_path: Path) -> None:
    done = run_liftstream(
        "train", "similar-items", *SMALL, "--premieres-from", "2100-01-01", "--json", cwd=tmp_path
    )
    printed = json.loads(done.stdout)
    assert printed["before"] == printed["after"]
    assert "no title was released on 2100-01-01 or later, so no list changes; --premieres-from" in done.stderr


def test_show_prints_the_neighbours_of_a_title(trained: Path) -> None:
    done = run_liftstream("similar-items", "show", "silent harbour", "--json", cwd=trained)
    document = json.loads(done.stdout)
    assert document["title"] == "Silent Harbour"
    assert [row["rank"] for row in document["neighbours"]] == list(range(1, 11))
    table = run_liftstream("similar-items", "show", document["item"], cwd=trained)
    assert table.returncode == 0
    assert document["neighbours"][0]["title"].split()[0] in table.stdout
    assert document["snapshot"] in table.stdout


def test_a_new_title_is_folded_in(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item,title,release_date\nnew,The Newcomer,2026-02-01\n")
    rows = "".join(f"v{user},new,0.9\n" for user in range(60))
    (tmp_path / "interactions.csv").write_text("user,item,watched_share\n" + rows)
    done = run_liftstream("similar-items", "fold-in", tmp_path, "--json", cwd=trained)
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)["items"]
    assert one["title"] == "The Newcomer"
    assert len(one["neighbours"]) == 10


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("similar-items", "show", "Silent Harbor"), 1, "has no title 'Silent Harbor'; near it: 'Silent Harbour'"),
        (("similar-items", "show", "x", "--snapshot", "nowhere"), 1, "'liftstream train similar-items --out nowhere' writes it"),
        (("train", "similar-items", "--data", "nowhere"), 1, "nowhere: no such folder; it must hold one of items.csv, items.csv.gz, items.parquet"),
        (("train", "similar-items", "--data", ".", "--items", "500"), 2, "--data brings its own"),
        (("train", "similar-items", "--weight", "love=1"), 2, "NAME one of watched, favourite, like, dislike"),
        (("train", "similar-items", "--explained", "1.5"), 2, "--explained"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_in_one_line(
    trained: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = run_liftstream(*arguments, cwd=trained)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_a_table_leaves_nothing_behind(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item,title,release_date\na,A,soon\n")
    (tmp_path / "interactions.csv").write_text("user,item,watched_share\nu,a,1\n")
    done = typed("train", "similar-items", "--data", ".", "--out", "lists", cwd=tmp_path)
    assert done.returncode == 1
    assert "items.csv, row 1, column release_date: 'soon' is not a date" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"items.csv", "interactions.csv"}
