"""`liftstream demo` from end to end: broker, shop, platform and pipeline as users start them, and every way it can end."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from liftstream.contracts.places import model_named
from liftstream.demo.looking import fetch
from liftstream.demo.plan import Request
from liftstream.demo.rehearsal import rehearse
from liftstream.demo.truth import know
from liftstream.experiment import analyze
from liftstream.platform.database import open_database
from liftstream.platform.registry import find_all

CLIENTS, SEED = 200, 7
PNG = b"\x89PNG"
WITHIN_S = 900.0
PROMISED = "verdict effect ci_low ci_high pvalue alpha method n_original n_candidate unanswered put_aside lost seconds"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks for processes in /proc"),
]


class Demo:
    """A demo in a folder of its own; what it starts works in that folder, so it can be found."""

    def __init__(self, folder: Path, *arguments: str, largest_file: int | None = None) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()

        def limit() -> None:
            if largest_file:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        self._process = subprocess.Popen(
            [sys.executable, "-m", "liftstream.cli", "demo", "--clients", str(CLIENTS), *arguments],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,
        )

    def wait_for(self, text: str) -> str:
        """The first line of stderr that holds the text."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if text in line:
                return line
        raise AssertionError(f"it ended without saying {text!r}")

    def send(self, number: int) -> None:
        """A signal to the command itself."""
        self._process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Exit code, stdout, and what was still to be read of stderr."""
        out, err = self._process.communicate(timeout=WITHIN_S)
        return self._process.returncode, out, err

    def processes(self, command: str = "") -> list[int]:
        """Those that work in the temporary folder."""
        return [
            pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._is_ours(pid, command)
        ]

    def kill(self) -> None:
        """Whatever a failed test left."""
        self._process.kill()
        self._process.communicate()

    def _is_ours(self, pid: int, command: str) -> bool:
        try:
            where, said = os.readlink(f"/proc/{pid}/cwd"), Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return where.startswith(str(self.temporary)) and command.encode() in said


Start = Callable[..., Demo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Demo] = []

    def start(*arguments: str, largest_file: int | None = None) -> Demo:
        made.append(Demo(tmp_path, *arguments, largest_file=largest_file))
        return made[-1]

    yield start
    for demo in made:
        demo.kill()


def assert_nothing_is_left(demo: Demo) -> None:
    deadline = time.monotonic() + 300
    while demo.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert demo.processes() == []
    assert list(demo.temporary.iterdir()) == []


def one_line(err: str) -> str:
    """The only line of ours that is no progress."""
    lines = [line for line in err.splitlines() if line.startswith("liftstream: ")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The folder and the JSON of a demo that ended by itself."""
    folder = tmp_path_factory.mktemp("ended")
    demo = Demo(folder, "--seed", str(SEED), "--json")
    code, out, err = demo.end()
    assert code == 0, err
    assert_nothing_is_left(demo)
    return folder, json.loads(out)


def test_the_document_holds_what_is_promised(ended: tuple[Path, dict[str, object]]) -> None:
    _, document = ended
    assert set(PROMISED.split()) <= set(document)
    assert document["n_original"] + document["n_candidate"] == 2 * CLIENTS  # type: ignore[operator]


def test_no_record_is_lost_or_put_aside(ended: tuple[Path, dict[str, object]]) -> None:
    _, document = ended
    assert (document["lost"], document["put_aside"], document["decisions"]) == (0, 0, 2 * CLIENTS)


def test_it_ends_as_it_is_computed_without_kafka(ended: tuple[Path, dict[str, object]]) -> None:
    _, document = ended
    request = Request(CLIENTS, SEED, "cross_selling", model_named("cross_selling"), Path("demo"))
    rehearsed = rehearse(request, know(request)).verdict
    assert (document["n_original"], document["n_candidate"]) == (rehearsed.n_original, rehearsed.n_candidate)
    assert document["rehearsed_effect"] == rehearsed.effect
    if (
        document["unanswered"] == 0
    ):  # on a machine with too much to do a page may be shown before it is decided
        assert document["effect"] == pytest.approx(rehearsed.effect, abs=1e-9)
        assert document["pvalue"] == pytest.approx(rehearsed.pvalue, abs=1e-9)


def test_its_pictures_and_papers_are_there(ended: tuple[Path, dict[str, object]]) -> None:
    folder, document = ended
    found = folder / "demo"
    for name in ("revenue", "profit", "latency"):
        assert (found / f"{name}.png").read_bytes().startswith(PNG)
    assert json.loads((found / "verdict.json").read_text()) == document
    report = (found / "report.html").read_text()
    assert str(document["verdict"]) in report
    assert 'src="/' not in report
    assert 'rel="stylesheet"' not in report


def test_the_clients_file_leads_to_the_same_verdict(ended: tuple[Path, dict[str, object]]) -> None:
    folder, document = ended
    rows = [line.split(",") for line in (folder / "demo/clients.csv").read_text().splitlines()]
    columns = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    request = Request(CLIENTS, SEED, "cross_selling", model_named("cross_selling"), Path("demo"))
    found = analyze(
        {"arm": columns["arm"], "revenue": [float(x) for x in columns["revenue"]]}, plan=request.plan
    )
    assert found.verdict.verdict == document["verdict"]
    assert found.verdict.effect == pytest.approx(document["effect"], abs=1e-9)


def test_ctrl_c_half_way_says_so_and_leaves_nothing(start: Start) -> None:
    demo = start("--clients", "5678")
    demo.wait_for("clients have paid")
    assert demo.processes("run")
    demo.send(signal.SIGINT)
    code, out, err = demo.end()
    assert (code, out) == (130, "")
    assert "stopped; shop, pipeline, platform and broker have ended" in one_line(err)
    assert_nothing_is_left(demo)


def test_what_is_kept_can_be_looked_at_until_ctrl_c_and_its_database_later(
    start: Start, tmp_path: Path
) -> None:
    demo = start("--candidate", "original", "--keep", "--json")
    page = urlsplit(demo.wait_for("everything keeps running").split()[-4])
    assert fetch(f"http://{page.netloc}", page.path)[0] == 200
    demo.send(signal.SIGINT)
    code, out, err = demo.end()
    assert (code, json.loads(out)["true_effect"]) == (0, 0)
    assert "the platform's database is kept in demo/liftstream.db" in err
    assert_nothing_is_left(demo)
    engine = open_database(f"sqlite:///{tmp_path / 'demo/liftstream.db'}")
    with engine.connect() as connection:
        assert [row.state for row in find_all(connection)] == ["finished"]
    engine.dispose()


def test_a_pipeline_that_dies_ends_the_demo_in_one_line(start: Start) -> None:
    demo = start("--clients", "5678")
    demo.wait_for("clients have paid")
    for pid in demo.processes("liftstream.cli\0run"):
        if b"leash.py" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    code, out, err = demo.end()
    assert (code, out) == (1, "")
    assert "the pipeline was killed by signal 9" in one_line(err)
    assert_nothing_is_left(demo)


def test_a_demo_that_is_killed_takes_everything_with_it(start: Start) -> None:
    demo = start("--clients", "5678")
    demo.wait_for("clients have paid")
    demo.send(signal.SIGKILL)
    demo.end()
    assert_nothing_is_left(demo)


def test_a_candidate_that_is_not_there_is_named_before_anything_starts(start: Start, tmp_path: Path) -> None:
    demo = start("--candidate", "crystal_ball")
    code, out, err = demo.end()
    assert (code, out) == (1, "")
    assert "no model named 'crystal_ball'; there are: cross_selling" in one_line(err)
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_a_full_disk_ends_it_in_one_line(start: Start) -> None:
    demo = start(largest_file=20_000)
    code, _, err = demo.end()
    assert code == 1, err
    assert one_line(err)
    assert_nothing_is_left(demo)


@pytest.mark.parametrize("arguments", [("--clients", "10"), ("--clients", "many"), ("--seed", "-1")])
def test_impossible_requests_are_wrong_usage(start: Start, arguments: tuple[str, ...]) -> None:
    code, _, err = start(*arguments).end()
    assert code == 2
    assert "Traceback" not in err
