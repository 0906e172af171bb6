import socket

from liftstream.service.web_server import listen


def test_answers_on_an_open_connection_do_not_wait_for_delayed_acknowledgements() -> None:
    listening = listen("127.0.0.1", 0, was_set=True, setting="PORT")
    with listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
