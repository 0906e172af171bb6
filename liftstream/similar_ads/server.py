"""A similar-ads service that runs: index, choices, feedback and web server, from start to stop."""

from liftstream.contracts.settings import Settings, set_in
from liftstream.service.web_server import WebServer, WebService, listen
from liftstream.similar_ads.app import create_app
from liftstream.similar_ads.choices import Choices, ask_platform
from liftstream.similar_ads.feedback import FeedbackWriter
from liftstream.similar_ads.index import AdIndex
from liftstream.similar_ads.service import SimilarAds


class SimilarAdsServer(WebService):
    """The service on a port of its own; use it in a `with` block, or `serve` in a command.

    Raises:
        SettingsError, DatabaseError: something of it cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.similar_ads
        key = own.platform_key.get_secret_value() if own.platform_key else ""
        ask = ask_platform(own.platform, own.bandit, key) if own.bandit else None
        self.service = SimilarAds(
            AdIndex(own.database), Choices(ask), FeedbackWriter(settings.kafka, own.journal)
        )
        chosen = set_in(settings, "SIMILAR_ADS__PORT")
        on = listen("127.0.0.1", own.port, was_set=chosen, setting="SIMILAR_ADS__PORT")
        super().__init__(WebServer(create_app(self.service), on))

    def end(self) -> None:
        """Writes what is under way and closes the index."""
        self.service.close()
