"""What a cluster is given: code that imports, jars, the model with its card, the lock, a command that can be run."""

import subprocess
import sys
from pathlib import Path

from liftstream.contracts.places import find_stream, model_named
from liftstream.contracts.settings import PipelineSettings
from pipeline.flink.code_archive import write_code
from pipeline.flink.installation import Installation
from pipeline.flink.package import write_package


def fake_installation(folder: Path) -> Installation:
    jar = folder / "liftstream-flink.jar"
    jar.touch()
    python = folder / "bin" / "python"
    pyflink = folder / "lib" / "python3.11" / "site-packages" / "pyflink"
    (pyflink / "bin").mkdir(parents=True)
    flink = pyflink / "bin" / "flink"
    flink.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" "$LIFTSTREAM_PIPELINE__MODEL" "$LIFTSTREAM_PIPELINE__STREAM" > "$SEEN"\n'
    )
    flink.chmod(0o755)
    return Installation(python, folder, (jar,))


def test_the_archive_holds_all_code_that_the_job_needs_and_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = write_code(tmp_path / "a.zip"), write_code(tmp_path / "b.zip")
    assert first.read_bytes() == second.read_bytes()
    code = "import pipeline.flink.said, pipeline.flink.outcomes, pipeline.decision, liftstream.scoring as s; print(s.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(first)!r}); {code}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout.startswith(str(first))


def test_the_package_submits_itself_with_the_options_of_flink_and_of_the_job(tmp_path: Path) -> None:
    installation = fake_installation(tmp_path)
    folder = tmp_path / "a folder"
    written = write_package(
        folder, installation, model_named("cross_selling"), find_stream(PipelineSettings().stream)
    )
    found = {path.name for path in written}
    names = {
        "liftstream.zip",
        "liftstream-flink.jar",
        "model.pmml",
        "model.json",
        "requirements.txt",
        "stream.yaml",
        "submit.sh",
    }
    assert found == names
    seen = tmp_path / "seen"
    environment = {"FLINK_HOME": str(installation.flink_home), "SEEN": str(seen), "PATH": "/usr/bin:/bin"}
    command = [folder / "submit.sh", "-m", "host:8081", "-s", "a savepoint", "--", "--parallelism=4"]
    subprocess.run(command, env=environment | {"PYTHON": "/x/python"}, check=True)
    said = seen.read_text().splitlines()
    assert said[:6] == ["run", "--detached", "-m", "host:8081", "-s", "a savepoint"]
    assert said[said.index("-pyexec") + 1] == "/x/python"
    assert said[said.index("-pym") + 1 :][:3] == [
        "pipeline.flink.job",
        "--parallelism=4",
        f"--with-jar={folder}/jars/liftstream-flink.jar",
    ]
    assert said[-2:] == [str(folder / "model.pmml"), str(folder / "stream.yaml")]
