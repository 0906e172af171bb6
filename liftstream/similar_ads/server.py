"""A similar-ads service that runs: index, choices, feedback and web server, from start to stop."""

import structlog

from liftstream.contracts.settings import Settings, set_in
from liftstream.service.web_server import WebServer, listen
from liftstream.similar_ads.app import create_app
from liftstream.similar_ads.choices import Choices, ask_platform
from liftstream.similar_ads.feedback import FeedbackWriter
from liftstream.similar_ads.index import AdIndex
from liftstream.similar_ads.service import SimilarAds

log = structlog.get_logger()


class SimilarAdsServer:
    """The service on a port of its own; use it in a `with` block, or `serve` in a command.

    Raises:
        SettingsError, DatabaseError: something of it cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.similar_ads
        ask = ask_platform(own.platform, own.bandit) if own.bandit else None
        self.service = SimilarAds(AdIndex(own.database), Choices(ask), FeedbackWriter(settings.kafka))
        chosen = set_in(settings, "SIMILAR_ADS__PORT")
        on = listen("127.0.0.1", own.port, was_set=chosen, setting="SIMILAR_ADS__PORT")
        self._web = WebServer(create_app(self.service), on)

    @property
    def address(self) -> str:
        """Where it is."""
        return self._web.address

    def serve(self) -> None:
        """Runs until SIGTERM or SIGINT; to be called in the main thread."""
        self._web.stop_at_signals()
        log.info("started", address=self.address)
        try:
            self._web.run()
        finally:
            self._end()
        log.info("stopped")

    def __enter__(self) -> "SimilarAdsServer":
        self._web.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._web.stop()
        self._end()

    def _end(self) -> None:
        self.service.close()
        self._web.close()
