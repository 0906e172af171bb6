"""The token in every prediction, which names the candidate to the A/B platform."""

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import PipelineSettings


def token_of(settings: PipelineSettings) -> str:
    """The token that is set.

    Raises:
        SettingsError: none is.
    """
    if settings.token is None:
        raise SettingsError(
            "PIPELINE__TOKEN is missing: the token that the A/B platform gave this candidate; set"
            " LIFTSTREAM_PIPELINE__TOKEN, or LIFTSTREAM_PIPELINE__TOKEN_FILE to a file that holds it"
        )
    return settings.token.get_secret_value()
