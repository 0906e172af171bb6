import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from liftstream import experiment
from liftstream.cli.app import liftstream, main

MISSION = ["--effect", "0.7", "--sd", "15"]


def run(*arguments: str | Path, stdin: str | None = None) -> str:
    result = CliRunner().invoke(liftstream, [str(a) for a in arguments], input=stdin, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["liftstream", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    output = capsys.readouterr()
    assert output.out == ""
    assert "Traceback" not in output.err
    return stop.value.code, output.err


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    n = 12_000
    arm = np.where(rng.random(n) < 0.5, "original", "candidate")
    revenue = rng.gamma(1.86, 10.75, n) + np.where(arm == "candidate", 0.9, 0)
    rows = [f"{i},{a},{r:.2f},{r / 2:.2f}" for i, (a, r) in enumerate(zip(arm, revenue, strict=True))]
    file = tmp_path / "clients.csv"
    file.write_text("uuid,arm,revenue,before\n" + "\n".join(rows) + "\n")
    return file


def test_a_plan_prints_its_bounds_and_what_it_costs() -> None:
    document = json.loads(run("plan", *MISSION, "--looks", "5", "--json"))
    assert document["n_per_arm"] == 5877
    assert document["z"] == pytest.approx([4.229195, 2.888136, 2.298090, 1.961822, 1.739704], abs=2e-6)
    assert document["expected_clients_effect"] == pytest.approx(9163, abs=2)
    assert experiment.Plan.from_dict(document["plan"]).hash == document["plan"]["hash"]
    text = run("plan", *MISSION, "--looks", "5")
    assert text.startswith("11,754 clients at most (original 5,877, candidate 5,877)")
    assert "2.2981" in text


def test_a_plan_against_a_margin_says_for_which_effects_its_clients_are_expected() -> None:
    text = run("plan", "--effect", "0", "--sd", "15", "--margin", "-0.5", "--looks", "2")
    assert "expected if the effect is 0 $, 22,371 if it is at the margin, -0.5 $" in text
    assert "margin -0.5 $, one-sided alpha 0.05" in text


def test_the_options_of_a_plan_reach_it() -> None:
    def clients_of(*options: str) -> dict[str, int]:
        return json.loads(run("plan", *MISSION, *options, "--json"))["clients"]

    assert clients_of("--two-sided") == {"original": 7209, "candidate": 7209}
    assert clients_of("--method", "t") == {"original": 5679, "candidate": 5679}
    assert clients_of("--ratio", "0.25") == {"original": 14195, "candidate": 3549}
    assert clients_of("--correlation", "0.7") == {"original": 2896, "candidate": 2896}
    assert clients_of("--n", "8000") == {"original": 8000, "candidate": 8000}
    user = ["--looks", "3", "--spending", "user", "--cumulative-alpha", "0.01,0.02,0.05"]
    assert json.loads(run("plan", *MISSION, *user, "--json"))["looks"][0]["alpha_spent"] == pytest.approx(
        0.01
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", *MISSION, "--n", "5000"], "5,678 would fit"),
        (["plan", *MISSION, "--looks", "0"], "looks must be a whole number of at least 1"),
        (["plan", "--effect", "0", "--sd", "15"], "effect must be above 0"),
        (["plan", *MISSION, "--spending", "all"], "'all' is not one of"),
        (["plan", *MISSION, "--spending", "user"], "cumulative_alpha must be given"),
        (["plan", *MISSION, "--cumulative-alpha", "a,b"], "numbers separated by commas"),
        (["plan", *MISSION, "--picture", "plan.txt"], "write .png or .svg"),
        (["simulate", "--runs", "0"], "runs must be a whole number of at least 1"),
        (["simulate", "--cap", "50"], "without covariate and cap"),
        (
            ["simulate", "--metric", "x:count", "--effect", "1"],
            "leave out --effect: of --metric and --data the",
        ),
        (
            ["simulate", "--kind", "count", "--base-rate", "2", "--revenue", "normal"],
            "--revenue is for money",
        ),
        (["analyze", "nowhere.csv"], "does not exist"),
        (["analyze", __file__, "--delimiter", "||"], "one mark between cells"),
        (["analyze", __file__, "--delimiter", "a"], "the word tab, got 'a'"),
    ],
)
def test_what_makes_no_sense_ends_with_2(arguments, said, monkeypatch, capsys) -> None:
    code, error = refused(monkeypatch, capsys, *arguments)
    assert code == 2
    assert said in error


def test_analyze_reports_for_people_and_for_programs(clients: Path) -> None:
    document = json.loads(run("analyze", clients, "--json"))
    keys = {
        "verdict",
        "effect",
        "ci_low",
        "ci_high",
        "pvalue",
        "alpha",
        "method",
        "n_original",
        "n_candidate",
    }
    assert keys <= set(document)
    assert document["verdict"] == "improves"
    text = run("analyze", clients)
    assert text.startswith(document["sentence"])
    for word in (
        "Roll out the candidate to all clients.",
        "sample ratio",
        "heavy tail",
        "no plan: as if looked at once",
    ):
        assert word in text


def test_arms_in_brackets_are_shown_as_they_are(clients: Path) -> None:
    clients.write_text(clients.read_text().replace(",candidate,", ",new [/b],"))
    assert "new [/b] " in run("analyze", clients)


def test_a_plan_a_file_and_a_picture_give_the_verdict_of_the_ledger(clients: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(run("plan", *MISSION, "--looks", "3", "--json"))
    picture = tmp_path / "report.png"
    document = json.loads(run("analyze", clients, "--plan", plan, "--picture", picture, "--json"))
    assert picture.read_bytes().startswith(b"\x89PNG")
    sealed = experiment.Plan.from_dict(document["plan"])
    again = experiment.verdict(sealed, experiment.Ledger.from_dict(document["ledger"]))
    assert (again.verdict, again.pvalue) == (document["verdict"], document["pvalue"])
    assert "alpha spent" in run("analyze", clients, "--plan", plan)


def test_a_picture_shows_the_path_whatever_the_original_is_called(clients: Path, tmp_path: Path) -> None:
    text = clients.read_text()
    other = tmp_path / "other.csv"
    other.write_text(text.replace("original", "контроль"))
    drawn = [tmp_path / "a.svg", tmp_path / "b.svg"]
    run("analyze", clients, "--picture", drawn[0])
    run("analyze", other, "--original", "контроль", "--picture", drawn[1])
    first, second = (re.sub(r"clip\d+", "clip", picture.read_text()) for picture in drawn)
    assert first == second


def test_bounds_are_drawn(tmp_path: Path) -> None:
    run("plan", *MISSION, "--looks", "4", "--futility", "obf", "--picture", tmp_path / "bounds.svg")
    assert "given up" in (tmp_path / "bounds.svg").read_text()


def test_columns_are_named_and_parquet_and_standard_input_are_read(clients: Path, tmp_path: Path) -> None:
    import pandas

    frame = pandas.read_csv(clients).rename(columns={"arm": "group", "revenue": "usd"})
    frame.to_parquet(tmp_path / "clients.parquet")
    names = ["--arm", "group", "--revenue", "usd", "--json"]
    expected = json.loads(run("analyze", clients, "--json"))["pvalue"]
    assert json.loads(run("analyze", tmp_path / "clients.parquet", *names))["pvalue"] == expected
    (tmp_path / "clients").mkdir()
    frame[:1_000].to_parquet(tmp_path / "clients" / "part-0.parquet")
    frame[1_000:].to_parquet(tmp_path / "clients" / "part-1.parquet")
    assert json.loads(run("analyze", tmp_path / "clients", *names))["pvalue"] == expected
    assert json.loads(run("analyze", "-", *names, stdin=frame.to_csv(index=False)))["pvalue"] == expected
    adjusted = json.loads(run("analyze", clients, "--covariate", "before", "--json"))
    assert adjusted["saving"]["correlation"] == pytest.approx(1, abs=0.01)


def test_the_standard_library_reads_what_pyarrow_reads(
    clients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("analyze", clients, "--json")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert json.loads(run("analyze", clients, "--json"))["pvalue"] == json.loads(expected)["pvalue"]
    with pytest.raises(Exception, match="needs the extra 'parquet'"):
        run("analyze", clients.rename(clients.with_suffix(".parquet")))


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("", 1, "empty; a CSV file begins with the names of its columns"),
        ("arm,revenue\noriginal,1\ncandidate\n", 1, "line 3: 1 cells, but the header names 2 columns"),
        ("arm,money\noriginal,1\n", 2, "there is no column 'revenue'"),
        ("arm,revenue\noriginal,1\ncandidate,\noriginal,2\ncandidate,3\n", 2, "1 row has none, it is row 2"),
        ("arm,revenue\noriginal,1\ncandidate,lots\noriginal,2\n", 2, "row 2 holds a text"),
        ("arm,revenue\n", 2, "at least"),
    ],
)
def test_files_that_cannot_be_used_get_one_line(content, code, said, tmp_path, monkeypatch, capsys) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(content)
    found, error = refused(monkeypatch, capsys, "analyze", file)
    assert (found, said in error) == (code, True), error
    assert len(error.strip().splitlines()) == 1


@pytest.mark.parametrize("content", [b"[" * 200_000, b"\xff", b"[1]", b'{"plan": 1}'])
def test_a_file_that_is_no_plan_is_refused_by_name(
    content: bytes, clients: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_bytes(content)
    code, error = refused(monkeypatch, capsys, "analyze", clients, "--plan", plan)
    assert (code, "plan.json: not a plan" in error) == (1, True)


def test_a_date_of_no_month_among_metrics_is_refused_by_the_files_name(
    clients: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    metrics = tmp_path / "metrics.yaml"
    metrics.write_text("- {name: spend, margin: 2024-13-45}")
    code, error = refused(monkeypatch, capsys, "analyze", clients, "--metrics", metrics)
    assert (code, "metrics.yaml: not YAML: month must be in 1..12" in error) == (1, True)


def test_the_plan_of_a_report_is_a_plan_with_what_follows_from_it(clients: Path, tmp_path: Path) -> None:
    document = json.loads(run("plan", *MISSION, "--json"))["plan"]
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({**document, "n_total": 11_356, "look_clients": [11_356]}))
    assert json.loads(run("analyze", clients, "--plan", plan, "--json"))["plan"]["hash"] == document["hash"]


def test_a_table_of_metrics_names_the_tests_behind_it(clients: Path) -> None:
    told = run(
        "analyze",
        clients,
        "--metric",
        "revenue:money,covariate=before",
        "--metric",
        "rich=revenue:quantile,q=0.9",
    )
    assert "Welch t, CUPED (revenue); " in told
    assert "(rich); alpha 0.05" in told


def test_a_changed_plan_is_refused(clients: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    document = json.loads(run("plan", *MISSION, "--json"))
    document["plan"]["alpha"] = 0.2
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(document))
    code, error = refused(monkeypatch, capsys, "analyze", clients, "--plan", plan)
    assert code == 1
    assert "the plan was changed after it was sealed" in error


def test_simulate_measures_error_and_power() -> None:
    document = json.loads(run("simulate", "--looks", "3", "--runs", "300", "--json"))
    null, effect = document["results"]
    assert (null["effect"], effect["effect"]) == (0, 0.7)
    assert null["within"]
    assert effect["within"]
    assert document["peeking"].startswith("After 3 interim analyses an ordinary one-sided p-value")
    text = run("simulate", "--looks", "3", "--runs", "50")
    assert "A/A" in text
    assert "within" in text


def test_simulate_draws_what_the_plan_measures(tmp_path: Path, monkeypatch, capsys) -> None:
    rates = ["--kind", "proportion", "--base-rate", "0.05", "--effect", "0.05"]
    document = json.loads(run("simulate", *rates, "--runs", "300", "--json"))
    assert document["plan"]["sd"] == pytest.approx(0.05**0.5 * 0.95**0.5)
    assert [one["revenue"] for one in document["results"]] == ["zeros and ones"] * 2
    assert all(one["within"] for one in document["results"])
    text = run("simulate", *rates, "--runs", "300")
    assert "+5.00 points (A/B)" in text
    assert "$" not in text
    against = run("simulate", "--effect", "3", "--margin", "-1", "--runs", "300")
    assert "-1 $ (margin)" in against
    assert "OUTSIDE" not in against
    sealed = tmp_path / "plan.json"
    sealed.write_text(run("plan", *MISSION, "--json"), encoding="utf-8")
    code, error = refused(
        monkeypatch, capsys, "simulate", "--plan", str(sealed), "--looks", "3", "--alpha", "0.1"
    )
    assert (code, "leave out --alpha, --looks: the plan of --plan says them" in error) == (2, True)


def test_no_help_waits_for_scipy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from liftstream.cli.app import liftstream\n"
        "assert CliRunner().invoke(liftstream, ['--help']).exit_code == 0\n"
        "print(sorted({'scipy', 'numpy', 'altair', 'pandas', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    heavy = "{'scipy.stats', 'statsmodels', 'altair', 'pandas', 'pyarrow'}"
    code = f"import sys; from liftstream.cli.experiment import plan, analyze, simulate; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_column_that_is_there_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("arm,revenue,revenue\noriginal,1,2\ncandidate,3,4\n")
    code, said = refused(monkeypatch, capsys, "analyze", file)
    assert (code, said.count("\n")) == (1, 1)
    assert "the column 'revenue' is there twice" in said


def test_a_plan_without_numbers_says_which_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = refused(monkeypatch, capsys, "plan")
    assert code == 2
    assert "Missing option '--effect'" in said


def test_a_plan_with_binding_futility_and_a_margin_is_sealed_as_asked() -> None:
    sealed = json.loads(
        run("plan", *MISSION, "--looks", 3, "--futility", "obf", "--binding", "--margin", -0.1, "--json")
    )["plan"]
    assert (sealed["futility"], sealed["binding"], sealed["margin"]) == ("obf", True, -0.1)


def test_a_plan_for_an_effect_beyond_all_measure_asks_as_few_clients_as_can_be() -> None:
    told = json.loads(run("plan", "--effect", "1e300", "--sd", "15", "--looks", "3", "--json"))
    assert (told["plan"]["n_per_arm"], told["achieved_power"]) == (2, 1.0)


def test_rates_counts_and_several_candidates_are_sized_from_the_command_line() -> None:
    assert (
        json.loads(run("sample-size", "--effect", 0.01, "--base-rate", 0.05, "--json"))["n_per_arm"] == 6426
    )
    assert json.loads(run("sample-size", "--effect", 0.1, "--count", 2, "--json"))["n_per_arm"] == 2535
    assert json.loads(run("plan", *MISSION, "--candidates", 3, "--json"))["n_total"] == 32_400
    text = run("plan", "--kind", "proportion", "--base-rate", 0.05, "--effect", 0.01, "--outcome", "contact")
    assert "$" not in text


def test_any_outcome_is_judged_from_the_command_line(tmp_path: Path, monkeypatch, capsys) -> None:
    import numpy as np

    rng = np.random.default_rng(5)
    rows = [
        f"{arm},{int(rng.random() < 0.1 + 0.1 * (arm == 'new'))},{rng.gamma(2, 5):.2f},{'de' if rng.random() < 0.5 else 'fr'}"
        for arm in rng.choice(["old", "new"], 3_000)
    ]
    file = tmp_path / "clients.csv"
    file.write_text("\n".join(["group,bought,spend,country", *rows]) + "\n")
    metrics = tmp_path / "metrics.yaml"
    metrics.write_text("- name: bought\n- name: spend\n  kind: money\n  role: guard\n  margin: 20%\n")
    columns = ["--arm", "group", "--original", "old", "--by", "country"]
    typed = json.loads(
        run(
            "analyze",
            file,
            *columns,
            "--metric",
            "bought",
            "--metric",
            "spend:money,role=guard,margin=20%",
            "--json",
        )
    )
    written = json.loads(run("analyze", file, *columns, "--metrics", metrics, "--json"))
    assert typed == written
    assert [r["verdict"] for r in typed["results"]] == ["improves", "holds"]
    text = run("analyze", file, *columns, "--metrics", metrics)
    assert text.startswith(typed["sentence"])
    assert "country: do they differ?" in text
    code, said = refused(monkeypatch, capsys, "analyze", file, *columns, "--metric", "bought", "--cap", "3")
    assert (code, "--metric spend,cap=50" in said) == (2, True)
    code, said = refused(monkeypatch, capsys, "analyze", file, "--variant", "group")
    assert (code, "it is called --arm here" in said) == (2, True)


def test_utf_16_latin_1_tabs_gzip_and_wide_files_are_read(tmp_path: Path, monkeypatch, capsys) -> None:
    import gzip

    text = "arm\trevenue\n" + "original\t1,5\ncandidate\t2,25\noriginal\t2,5\ncandidate\t3,25\n" * 20
    expected = None
    for name, content in (
        ("utf16.csv", text.encode("utf-16")),
        ("bom.csv", text.encode("utf-8-sig")),
        ("latin.csv", text.replace("candidate", "caf\xe9").encode("latin-1")),
        ("zipped.csv.gz", gzip.compress(text.encode())),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        found = json.loads(run("analyze", file, "--json"))
        means = [arm["mean"] for arm in found["arms"]]
        expected = expected or means
        assert means == expected == [2.0, 2.75]
        assert "cells separated by tab" in found["read_as"]
    wide = tmp_path / "wide.csv"
    wide.write_text("original,candidate\n1,4\n2,5\n3,\n")
    found = json.loads(run("analyze", wide, "--wide", "--json"))
    assert [(arm["n"], arm["mean"]) for arm in found["arms"]] == [(3, 2.0), (2, 4.5)]
    assert found["read_as"] == ["1 blank cells of the wide file left out"]
    doubtful = tmp_path / "doubtful.csv"
    doubtful.write_text('arm,revenue\noriginal,"1,234"\ncandidate,"2,345"\n')
    code, said = refused(monkeypatch, capsys, "analyze", doubtful)
    assert (code, "say --decimal" in said) == (1, True)
