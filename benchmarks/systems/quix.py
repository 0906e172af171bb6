"""The join as Quix Streams' documentation would have it: `join_interval` of two topics, scored with our scorer."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from quixstreams import Application

from liftstream.contracts.features import FEATURES, PRODUCTS
from liftstream.scoring import load_for_decision

PREFIX = "LIFTSTREAM_KAFKA__"
TOKEN = os.environ["LIFTSTREAM_PIPELINE__TOKEN"]
THRESHOLD = float(os.environ["LIFTSTREAM_PIPELINE__THRESHOLD"])
WINDOW = timedelta(seconds=3)

scorer = load_for_decision(Path(os.environ["LIFTSTREAM_PIPELINE__MODEL"]), FEATURES)
app = Application(
    broker_address=os.environ[PREFIX + "BOOTSTRAP"],
    consumer_group=os.environ["LIFTSTREAM_PIPELINE__GROUP"],
    auto_offset_reset="earliest",
    state_dir=Path.cwd() / "state",
    loglevel="WARNING",
)
demographic = app.topic(os.environ[PREFIX + "TOPIC_DEMOGRAPHIC"], key_deserializer="bytes")
historic = app.topic(os.environ[PREFIX + "TOPIC_HISTORIC"], key_deserializer="bytes")
prediction = app.topic(os.environ[PREFIX + "TOPIC_PREDICTION"], key_serializer="bytes")


def decide(pair: dict[str, Any]) -> dict[str, Any]:
    products = pair["products"]
    row = [pair["age"], pair["man"], pair["woman"], *(products.get(name, 0) for name in PRODUCTS)]
    score = scorer.score(np.array([row], dtype=float))[0]
    return {"uuid": pair["uuid"], "value": int(score >= THRESHOLD), "token": TOKEN}


pairs = app.dataframe(historic).join_interval(
    app.dataframe(demographic),
    how="inner",
    on_merge="keep-left",
    grace_ms=timedelta(seconds=10),
    backward_ms=WINDOW,
    forward_ms=WINDOW,
)
pairs.apply(decide).to_topic(prediction)

if __name__ == "__main__":
    app.run()
