"""The token in predictions, which names the candidate to the A/B platform."""

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import PipelineSettings
from liftstream.streams.definition import Answer


def token_of(settings: PipelineSettings, answer: Answer) -> str:
    """The token that is set; empty if none is, and no field of the answer holds it.

    Raises:
        SettingsError: a field does, and none is set, or an empty one: an empty variable, or a file that nobody has
            filled yet.
    """
    if settings.token:
        return settings.token.get_secret_value()
    if not answer.asks_for("token"):
        return ""
    raise SettingsError(
        "PIPELINE__TOKEN is missing or empty: the token that the A/B platform gave this candidate; set"
        " LIFTSTREAM_PIPELINE__TOKEN, or LIFTSTREAM_PIPELINE__TOKEN_FILE to a file that holds it"
    )
