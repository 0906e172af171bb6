"""`liftstream model check`: what a model needs and gives, and whether it can be served."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.options import PATH, json_option, load_named_stream, print_json, stream_option

if TYPE_CHECKING:
    from liftstream.contracts.model_card import ModelCard
    from liftstream.scoring.model import Model
    from liftstream.scoring.reference import ReferenceModel
    from liftstream.streams.definition import Stream


path_argument = click.argument("path", metavar="M.pmml", type=PATH)


@click.command()
@path_argument
@click.option("--compare", type=click.Choice(["pypmml"]), help="Compare with another engine's results.")
@click.option("--rows", metavar="IN.csv", help="The rows for --compare.")
@click.option(
    "--missing", multiple=True, metavar="TEXT", help="Text in --rows that also counts as missing; repeatable."
)
@stream_option
@json_option
def check(
    path: Path,
    compare: str | None,
    rows: str | None,
    missing: tuple[str, ...],
    stream_file: Path | None,
    as_json: bool,
) -> None:
    """Check M.pmml as the pipeline does: file safety, engine, verification rows, golden rows, fit with the stream.

    The exit code is 1 if it cannot be served, with the reason.
    """
    from liftstream.contracts.places import find_model
    from liftstream.scoring.loading import load_any

    if (compare is None) != (rows is None):
        raise click.UsageError("--compare and --rows go together: --compare pypmml --rows IN.csv")
    loaded = load_any(find_model(path))
    if compare is not None and rows is not None:
        from liftstream.cli.model.engine_comparison import compare_engines

        compare_engines(loaded, rows, set(missing), as_json)
        return
    report = examine(loaded, load_named_stream(stream_file))
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    if report["problem"]:
        from liftstream.contracts.errors import ModelUnfit

        raise ModelUnfit(f"not served: {report['problem']}")


def examine(loaded: "Model | ReferenceModel", stream: "Stream") -> dict[str, Any]:
    """Everything that `check` says; `problem` is None where the pipeline can serve the stream with the model, or its
    card says that files are served."""
    from liftstream.contracts.errors import ModelError
    from liftstream.contracts.model_card import read_card
    from liftstream.scoring.model import Model
    from liftstream.scoring.summary import to_document
    from liftstream.scoring.verification import verify

    if not isinstance(loaded, Model):
        return _examine_foreign(loaded)
    report: dict[str, Any] = to_document(loaded)
    verification = verify(loaded)
    report["verification"] = None if verification is None else vars(verification)
    report |= {
        "problem": None,
        "score": None,
        "threshold": None,
        "notice": None,
        "golden_rows": 0,
        "serves": "pipeline",
        "stream": stream.name,
        "decision": stream.decision,
        "stream_notices": [],
    }
    try:
        card = read_card(loaded.path, loaded.path.read_bytes())
        if card is not None and card.serves == "files":
            return report | _examine_for_files(loaded, card)
        return report | _examine_for_stream(loaded, stream)
    except ModelError as error:
        report["problem"] = str(error)
        return report


def _examine_for_stream(loaded: "Model", stream: "Stream") -> dict[str, Any]:
    from liftstream.scoring.decision import load_for_decision
    from liftstream.streams.model_fit import fit_model

    fit = fit_model(stream, loaded.offer)
    fit.raise_problems(loaded.path)
    needs_score = stream.decision == "threshold" or stream.answer.asks_for("score")
    scorer = load_for_decision(
        loaded.path, stream.feature_names, fit=lambda _: fit.source, needs_score=needs_score
    )
    return {
        "score": scorer.score_is,
        "threshold": scorer.default_threshold,
        "notice": scorer.notice,
        "golden_rows": len(scorer.card.golden_rows) if scorer.card else 0,
        "stream_notices": list(fit.notices),
    }


def _examine_for_files(loaded: "Model", card: "ModelCard") -> dict[str, Any]:
    from liftstream.scoring.decision import check_for_files
    from liftstream.scoring.score_choice import choose_score

    check_for_files(loaded, card)
    return {
        "serves": "files",
        "score": choose_score(loaded).what,
        "threshold": card.threshold,
        "golden_rows": len(card.golden_rows),
    }


def _examine_foreign(loaded: "ReferenceModel") -> dict[str, Any]:
    return {
        "file": str(loaded.path),
        "sha256": loaded.sha256,
        "engine": loaded.engine,
        "inputs": [{"name": name} for name in loaded.inputs],
        "problem": f"the worker runs compiled models only: {loaded.reason}",
    }


def _print_report(report: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    inputs = [one["name"] for one in report["inputs"]]
    engine = "compiled: arrays, a batch at a time"
    if report["engine"] != "compiled":
        engine = "pypmml: an element is not compiled here, about 20 ms a record"
    lines = [("file", report["file"]), ("sha256", report["sha256"]), ("engine", engine)]
    if report["engine"] == "compiled":
        size = f", {report['size']}" if report["size"] else ""
        lines.append(("model", f"{report['family']}, {report['function']}{size}"))
    lines.append(("needs", f"{len(inputs)} inputs: {_some(inputs)}"))
    if report["engine"] == "compiled":
        lines += gives(report)
    for name, text in lines:
        console.print(f"{name:<13} {text}")


def gives(report: dict[str, Any]) -> list[tuple[str, str]]:
    """What a compiled model gives and whether the pipeline serves it, by heading."""
    outputs = [name for name in report["outputs"] if name != report["target"]]
    lines = [("gives", ", ".join([report["target"], *outputs]))]
    if report["classes"]:
        lines.append(("classes", _some(report["classes"])))
    verification = report["verification"]
    if verification is not None:
        wrong = len(verification["disagreements"])
        verdict = f"{wrong} values differ" if wrong else "all agree"
        lines.append(("verification", f"{verification['rows']} rows of its own, {verdict}"))
    if report["golden_rows"]:
        lines.append(("golden rows", f"{report['golden_rows']} of its card, all agree"))
    if report["problem"]:
        return [*lines, ("pipeline", "cannot serve it")]
    if report["serves"] == "files":
        files = f"files, by liftstream score: {report['score']}, decided from {report['threshold']:g} on"
        strange = "not for it: trained on columns that the stream does not give"
        return [*lines, ("serves", files), ("pipeline", strange)]
    threshold = report["threshold"]
    told = "PIPELINE__THRESHOLD must be set" if threshold is None else f"shown from {threshold:g}"
    score = f"the score is {report['score']}"
    rules = {
        "threshold": f"{score}, {told}",
        "class": "the predicted class decides",
        "none": f"{score}, nothing is decided",
    }
    lines += [("pipeline", f"serves it: {rules[report['decision']]}"), ("stream", report["stream"])]
    notices = [report["notice"], *report["stream_notices"]]
    return lines + [("notice", notice) for notice in notices if notice]


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" … {names[-1]}" if len(names) > 8 else "")
