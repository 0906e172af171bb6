"""The job graph: both topics, decoding in Python, the join in Java, deciding in Python, the output topics.

Run by `liftstream flink run` (a mini cluster in this process), or by `flink run -pym pipeline.flink.job` on a cluster.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table
from pyflink.table.expressions import col
from pyflink.util.exceptions import Py4JJavaError

from liftstream.contracts.errors import LiftstreamError, SettingsError
from liftstream.contracts.settings import Settings, load_settings
from pipeline.flink.failures import root_cause
from pipeline.flink.functions import read_records, write_outcomes
from pipeline.flink.plan import JobPlan, plan_of
from pipeline.flink.preflight import checked_plan
from pipeline.flink.properties import consumer_properties, flink_options, producer_properties

IN_CLUSTER = "PYFLINK_GATEWAY_PORT" in os.environ
"""Whether the job runs under `flink run`, which sets this variable."""
JAVA = "\n: "
"""Stands between what py4j says and the trace of Java's."""
OF_A_SIDE = ("part", "off", "stamp", "k", "v", "said")


def build(settings: Settings, plan: JobPlan, environment: StreamExecutionEnvironment) -> None:
    """Adds the whole pipeline to an environment.

    Args:
        settings: of the pipeline.
        plan: what was checked before.
        environment: of Flink, with our jars.
    """
    tables = StreamTableEnvironment.create(environment)
    ours = get_gateway().jvm.liftstream.flink
    records = ours.Records.read(
        environment._j_stream_execution_environment,
        tables._j_tenv,
        consumer_properties(settings),
        *plan.decider.stream.topics,
        settings.pipeline.start.upper(),
        plan.decider.window_ms,
        plan.drift_ms,
    )
    columns = [col(name) for name in ("side", "part", "off", "stamp", "counted", "k", "v")]
    said = read_records(plan.decider.stream.sides)(col("side"), col("v")).alias("said")
    halves = Table(records, tables).select(*columns, said)
    outcomes = Table(
        ours.WindowedJoin.join(
            tables._j_tenv, halves._j_table, plan.decider.window_ms, plan.decider.lateness_ms
        ),
        tables,
    )
    columns = [col("reason"), *(col(f"{side}_{name}") for side in "dh" for name in OF_A_SIDE)]
    decided = outcomes.map(write_outcomes(plan.decider)(*columns)).alias(
        "aside", "k", "v", "other_k", "other_v"
    )
    ours.Answers.write(
        tables._j_tenv,
        decided._j_table,
        producer_properties(settings),
        plan.decider.stream.answer.topic,
        plan.side_topic,
        plan.transactions,
    )


def main(arguments: list[str] | None = None) -> None:
    """Builds the job and submits it; embedded, it lives as long as this process."""
    asked = _parse(arguments)
    settings = load_settings()
    # embedded, the command has checked the broker already
    make_plan = checked_plan if IN_CLUSTER else plan_of
    plan = make_plan(settings, exactly_once=asked.exactly_once)
    configuration = Configuration()
    for name, value in flink_options(dict(asked.option), asked.parallelism).items():
        configuration.set_string(name, value)
    if not IN_CLUSTER:
        configuration.set_string("python.executable", sys.executable)
        configuration.set_string("python.client.executable", sys.executable)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    environment.add_jars(*(jar.resolve().as_uri() for jar in asked.with_jar))
    build(settings, plan, environment)
    try:
        client = environment.execute_async("liftstream")
    except Py4JJavaError as error:
        raise SettingsError(f"Flink refuses the job: {root_cause(str(error).partition(JAVA)[2])}") from None
    sys.stderr.write(f"liftstream: job {client.get_job_id()} was submitted\n")
    sys.stderr.flush()
    if not IN_CLUSTER:
        client.get_job_execution_result().result()


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _parse(arguments: list[str] | None) -> Namespace:
    parser = ArgumentParser(prog="pipeline.flink.job", description=__doc__)
    # not --jar: Flink's own command would take that for its --jarfile
    parser.add_argument(
        "--with-jar", type=Path, action="append", default=[], help="ours, and Flink's Kafka connector"
    )
    parser.add_argument("--option", type=_option, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--parallelism", type=int)
    parser.add_argument("--exactly-once", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except LiftstreamError as error:
        sys.exit(f"liftstream: {error}")
