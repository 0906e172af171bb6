"""The house, for routes: `house: TheHouse`."""

from typing import Annotated

from fastapi import Depends, Request

from liftstream.platform.service import House


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(_house)]
