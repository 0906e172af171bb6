import csv
import gzip
import io
import os
import threading
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from liftstream.cli.app import liftstream
from liftstream.contracts.errors import InputError

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "scoring" / "cases"
TREE = CASES / "sklearn2pmml" / "DecisionTreeAudit.pmml"
AUDIT = CASES / "sklearn2pmml" / "inputs" / "Audit.csv"


def run(*arguments: object, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(
        liftstream, ["score", *map(str, arguments)], input=given, catch_exceptions=False
    )


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_row_gets_a_row() -> None:
    result = run("--model", TREE, AUDIT)
    expected = rows_of((CASES / "sklearn2pmml" / "DecisionTreeAudit.expected.csv").read_text())
    assert rows_of(result.stdout) == expected
    assert (result.stderr, result.exit_code) == ("", 0)


def test_standard_input_a_file_and_parquet_give_the_same(tmp_path: Path) -> None:
    text = "".join(AUDIT.read_text().splitlines(keepends=True)[:101])
    direct = rows_of(run("--model", TREE, "-", given=text).stdout)
    (tmp_path / "in.csv").write_text(text.replace(",", ";"))
    run("--model", TREE, tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert rows_of((tmp_path / "out.csv").read_text()) == direct
    columns = {name: [row[name] for row in rows_of(text)] for name in rows_of(text)[0]}
    parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    run("--model", TREE, tmp_path / "in.parquet", "--out", tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["probability(1)"] for row in table] == [float(row["probability(1)"]) for row in direct]
    assert len(direct) == 100
    (tmp_path / "parts").mkdir()
    for number, part in enumerate((pa.table(columns)[:40], pa.table(columns)[40:])):
        parquet.write_table(part, tmp_path / "parts" / f"part-{number}.parquet")
    run("--model", TREE, tmp_path / "parts", "--out", tmp_path / "of-parts.csv")
    assert rows_of((tmp_path / "of-parts.csv").read_text()) == direct
    parquet.write_table(pa.table({"Age": [1]}), tmp_path / "parts" / "part-2.parquet")
    with pytest.raises(InputError, match=r"part-2\.parquet: no column 'Employment'"):
        run("--model", TREE, tmp_path / "parts")


def test_a_row_that_cannot_be_scored_has_its_reason_and_empty_cells() -> None:
    lines = AUDIT.read_text().splitlines()
    broken = lines[2].replace("Private", "Astronaut")
    result = run("--model", TREE, "-", given="\n".join([lines[0], lines[1], broken, lines[3]]))
    first, second, third = rows_of(result.stdout)
    assert (first["_error"], second["Adjusted"], third["Adjusted"] != "") == ("", "", True)
    assert second["_error"].startswith("Employment: 'Astronaut' is not among its values")
    assert "1 of 3 rows could not be scored; _error says why, first: Employment: 'Astronaut'" in result.stderr


def test_markers_count_as_missing() -> None:
    case = CASES / "sklearn2pmml"
    text = (case / "inputs" / "AuditNA.csv").read_text().replace(",,", ",NA,").replace(",,", ",NA,")
    result = run(
        "--model", case / "DecisionTreeAuditNA.pmml", "-", "--missing", "NA", "--missing", "?", given=text
    )
    expected = rows_of((case / "DecisionTreeAuditNA.expected.csv").read_text())
    assert [row["Adjusted"] for row in rows_of(result.stdout)] == [row["Adjusted"] for row in expected]


def test_a_column_that_is_not_there_is_missing_and_said() -> None:
    result = run(
        "--model",
        CASES / "dmg" / "dmg_tree_missing_defaultChild.pmml",
        "-",
        given="temperature,humidity\n40,70\n",
    )
    assert (rows_of(result.stdout)[0]["whatIdo"], rows_of(result.stdout)[0]["confidence"]) == (
        "no play",
        "0.48",
    )
    assert "has no column outlook: taken as missing values" in result.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "standard input: is empty; the first line must name the columns"),
        ("Age,Age\n1,2\n", "the column 'Age' is there twice"),
        ("Age,Hours\n1\n", "row 2: has 1 cells, the header names 2 columns"),
        ("Age,Hours\n1\n\n", "row 2: has 1 cells"),
        ("a,b\n1,2\n", "has none of the columns that the model asks for: Age, Employment"),
    ],
)
def test_a_table_that_is_none_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        run("--model", TREE, "-", given=text)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_header_alone_gives_a_header_alone() -> None:
    assert run("--model", TREE, "-", given=AUDIT.read_text().splitlines()[0] + "\n").stdout.startswith(
        "Adjusted"
    )


def test_a_result_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run("--model", TREE, "-", "--out", tmp_path / "out.csv", given="a,b\n1,2\n")
    assert list(tmp_path.iterdir()) == []


def test_a_column_of_the_file_is_kept_before_the_results(tmp_path: Path) -> None:
    rows = ROOT / "examples" / "features.csv"
    done = run(rows, "--model", ROOT / "pmml" / "cross_selling.pmml", "--keep", "uuid", "--keep", "age")
    lines = done.stdout.splitlines()
    assert lines[0] == "uuid,age,label,probability(0),probability(1)"
    assert [line.split(",")[0] for line in lines[1:]] == [str(1000 + i) for i in range(100)]


def test_a_column_that_is_not_there_or_is_a_result_cannot_be_kept(tmp_path: Path) -> None:
    rows = ROOT / "examples" / "features.csv"
    with pytest.raises(InputError, match="has no column 'uid' to keep"):
        run(rows, "--model", ROOT / "pmml" / "cross_selling.pmml", "--keep", "uid")


def test_rows_as_a_spreadsheet_saves_them_get_the_same_scores(tmp_path: Path) -> None:
    rows = [line.split(",") for line in AUDIT.read_text().splitlines()[:51]]
    direct = rows_of(run("--model", TREE, "-", given="\n".join(",".join(row) for row in rows)).stdout)
    commas = [[f"{cell},0" if cell.isdigit() else cell.replace(".", ",") for cell in row] for row in rows]
    saved = {
        "semicolons.csv": "\r\n".join(";".join(row) for row in commas).encode("utf-8-sig"),
        "told.csv": b"sep=;\r\n" + "\r\n".join(";".join(row) for row in commas).encode(),
        "unicode.csv": "\r\n".join("\t".join(row) for row in rows).encode("utf-16"),
        "wider.csv": "\n".join(",".join(row) + ",," for row in rows).encode(),
        "a name of two lines.csv": "\n".join(",".join([*row, '"of\nnobody"']) for row in rows).encode(),
        "packed.csv.gz": gzip.compress("\n".join(",".join(row) for row in rows).encode()),
    }
    for name, content in saved.items():
        (tmp_path / name).write_bytes(content)
        assert rows_of(run("--model", TREE, tmp_path / name).stdout) == direct, name
        assert rows_of(run("--model", TREE, "-", given=content).stdout) == direct, f"{name} in a pipe"


def test_a_pipe_with_a_name_is_read_once(tmp_path: Path) -> None:
    """`liftstream score <(zcat rows.csv.gz)` names one."""
    text = "".join(AUDIT.read_text().splitlines(keepends=True)[:11])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    found = rows_of(run("--model", TREE, pipe).stdout)
    writer.join()
    assert found == rows_of(run("--model", TREE, "-", given=text).stdout)


def test_odd_cells_of_parquet_are_said_or_kept_as_text(tmp_path: Path) -> None:
    rows = rows_of("".join(AUDIT.read_text().splitlines(keepends=True)[:3]))
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    odd = {"Age": pa.array([[38], [35]]), "id": pa.array([b"\x01\xff", b"\x02\xfe"])}
    parquet.write_table(pa.table({**columns, **odd}), tmp_path / "in.parquet")
    first, second = rows_of(run("--model", TREE, tmp_path / "in.parquet", "--keep", "id").stdout)
    assert (first["id"], second["id"]) == ("01ff", "02fe")
    assert first["_error"] == "Age: '[38]' is not a number"
