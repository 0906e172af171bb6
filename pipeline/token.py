"""The token in every prediction, which names the candidate to the A/B platform."""

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import PipelineSettings


def token_of(settings: PipelineSettings) -> str:
    """The token that is set.

    Raises:
        SettingsError: none is, or an empty one: an empty variable, or a file that nobody has filled yet.
    """
    if not settings.token:
        raise SettingsError(
            "PIPELINE__TOKEN is missing or empty: the token that the A/B platform gave this candidate; set"
            " LIFTSTREAM_PIPELINE__TOKEN, or LIFTSTREAM_PIPELINE__TOKEN_FILE to a file that holds it"
        )
    return settings.token.get_secret_value()
