"""Puts the authorization server together for an app to include."""

from fastapi import APIRouter

from examples.sample_api.access import Door
from examples.sample_api.oauth.admin import Admin
from examples.sample_api.oauth.assertions import Signer
from examples.sample_api.oauth.door import make_door
from examples.sample_api.oauth.faults import Faults
from examples.sample_api.oauth.routes import Routes
from examples.sample_api.oauth.server import Server
from examples.sample_api.oauth.state import State
from examples.sample_api.oauth.tally import Tally


class Provider:
    """`router` serves `/oauth/*`, the metadata and `/_oauth/*`; `door` opens to tokens issued here."""

    def __init__(self) -> None:
        state, signer, faults, tally = State(), Signer(), Faults(), Tally()
        self.router = APIRouter()
        self.router.include_router(Routes(Server(state, signer), signer, faults, tally).router())
        self.router.include_router(Admin(state, faults, tally).router())
        self.door: Door = make_door(state, tally)
