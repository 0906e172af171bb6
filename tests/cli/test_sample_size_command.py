import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from liftstream.cli.app import liftstream, main

USUAL = ["--effect", "0.7", "--sd", "15"]


def answer(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(liftstream, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_effect_0_7_and_sd_15_by_command_line() -> None:
    document = answer("sample-size", *USUAL, "--alpha", "0.05", "--power", "0.8")
    assert document["n_per_arm"] == 5678
    assert document["n_total"] == 11356
    assert document["exact"] == pytest.approx(5677.858682467135, rel=1e-14)
    assert (document["method"], document["alternative"]) == ("z", "one-sided")


def test_the_other_three_answer_their_own() -> None:
    assert answer("power", *USUAL, "--n", "5678")["power"] == pytest.approx(0.8000086627573835)
    assert answer("effect", "--sd", "15", "--n", "5678")["effect"] == pytest.approx(0.6999912889319723)
    assert answer("significance", *USUAL, "--n", "5678")["alpha"] == pytest.approx(0.04999680875196872)


def test_unequal_arms_are_named() -> None:
    document = answer("sample-size", *USUAL, "--ratio", "0.25")
    assert (document["n_original"], document["n_candidate"]) == (14195, 3549)
    assert "n_per_arm" not in document


def test_options_reach_the_formula() -> None:
    assert answer("sample-size", *USUAL, "--two-sided")["n_per_arm"] == 7209
    assert answer("sample-size", *USUAL, "--method", "t")["n_per_arm"] == 5679
    assert answer("sample-size", *USUAL, "--correlation", "0.7")["n_per_arm"] == 2896
    assert answer("sample-size", "--rate", "0.1", "--effect", "0.02")["n_per_arm"] == 3026
    relative = answer("sample-size", "--relative-effect", "0.035", "--mean", "20", "--sd", "15")
    assert relative["n_per_arm"] == 5678
    assert answer("sample-size", "--rate", "0.1", "--relative-effect", "0.2")["n_per_arm"] == 3026
    counts = answer("sample-size", "--count", "2", "--effect", "0.1")  # statsmodels: 2534.85
    assert (counts["n_per_arm"], counts["count"]) == (2535, 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sample-size", "--effect", "0", "--sd", "15"], "--effect must be"),
        (["sample-size", "--effect", "0.7", "--sd", "0"], "--sd must be above 0"),
        (["sample-size", *USUAL, "--power", "0.04"], "--power must be above alpha"),
        (["sample-size", "--effect", "much", "--sd", "15"], "not a valid float"),
        (["sample-size", "--effect", "nan", "--sd", "15"], "finite"),
        (["sample-size", "--effect", "0,7", "--sd", "15"], "Write 0.7: the decimal mark is a point."),
        (["sample-size", "--effect", "0.7", "--sd", "1.500,00"], "Write 1500"),
        (["sample-size", "--effect", "0.7", "--sd", "1,500"], "Write 1.500 or 1500"),
        (["sample-size", *USUAL, "--alpha", "2,5 %"], "Write 0.025 for 2,5 %."),
        (["sample-size", *USUAL, "--power", "80"], "80 % is written 0.8"),
        (["sample-size"], "give --effect (in $ per client) and --sd"),
        (["sample-size", "--effect", "1"], "give either --sd (of a client's money) or --rate ("),
        (["power", *USUAL, "--n", "1"], "--n must be at least 2"),
        (["power", *USUAL], "Missing option '--n'"),
        (["effect", "--sd", "15", "--n", "5678", "--power", "2"], "--power must be between 0 and 1"),
    ],
)
def test_the_impossible_ends_with_2_and_its_reason(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["liftstream", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.out == ""


def test_the_answer_for_people_says_method_and_unit() -> None:
    text = CliRunner().invoke(liftstream, ["sample-size", *USUAL]).stdout
    assert text.startswith("5,678 clients per arm (11,356 in all)")
    assert "one-sided" in text
    assert "method z" in text
    text = CliRunner().invoke(liftstream, ["sample-size", *USUAL, "--power", "0.999999"]).stdout
    assert "achieved power 0.999999" in text


def test_the_answer_names_everything_that_changes_it() -> None:
    more = ["--margin", "-0.5", "--correlation", "0.5", "--candidates", "2"]
    said = CliRunner().invoke(liftstream, ["sample-size", *USUAL, *more], catch_exceptions=False).stdout
    assert "sd 15, margin -0.5, correlation 0.5, candidates 2, one-sided alpha 0.05" in said


def test_no_sample_size_command_waits_for_scipy_or_numpy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from liftstream.cli.app import liftstream\n"
        "for method in 'zt':\n"
        "    r = CliRunner().invoke(liftstream, ['sample-size','--effect','0.7','--sd','15','--method',method])\n"
        "    assert r.exit_code == 0\n"
        "print(sorted({'scipy', 'numpy', 'statsmodels', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
