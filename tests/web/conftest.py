"""Pages without a database from `samples.py`; pages of a real one from a clinic that `practice.py` lives through."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar
from playwright import async_api, sync_api

from aftercare.api.app import create_app
from aftercare.model.people import Patient
from aftercare.model.words import Role
from aftercare.services.house import House, build_house
from aftercare.settings import Settings
from aftercare.web.controllers import WEB_CONTROLLERS

# Tests are no package; the samples are shared with `python -m tests.web.preview`, which runs from the root.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.web.practice import Clock, Practice, Window, window
from tests.web.stage import PATIENCE

# A page says within this what it has to say, as it acts within it: a loaded machine takes its time.
for api in (async_api, sync_api):
    api.expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(database_url: str, tmp_path: Path, clock: Clock) -> House:
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path,
        public_url="http://clinic.test",
        push_private_hosts="127.0.0.1",
    )
    return build_house(settings, with_worker=False, now=clock)


@pytest.fixture
async def app(house: House) -> AsyncIterator[Litestar]:
    app = create_app(house, more=WEB_CONTROLLERS)
    ready, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            ready.set()
            await done.wait()

    # Fixtures are set up and torn down in different tasks; the application begins and ends in one.
    living, waiting = asyncio.create_task(live()), asyncio.create_task(ready.wait())
    await asyncio.wait({living, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        yield app
    done.set()
    waiting.cancel()
    await living


@pytest.fixture
async def practice(app: Litestar, house: House, clock: Clock) -> Practice:
    return await Practice(house, clock, "harbour").begin()


@pytest.fixture
async def patient(practice: Practice) -> Patient:
    """Two days after needling. Modules whose patients differ have one of their own."""
    return await practice.treated("Sample Alder", days_ago=2)


@pytest.fixture
async def practitioner(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(practice)
        yield opened


@pytest.fixture
async def coordinator(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(practice, Role.COORDINATOR)
        yield opened


@pytest.fixture
async def admin(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(practice, Role.ADMIN)
        yield opened
