"""A demo whose first start was ended half-way says what to do, and not that a clinic's name is taken."""

from datetime import datetime
from pathlib import Path

import pytest

from aftercare.db.pool import Database
from aftercare.demo import DemoError, _seeded
from aftercare.services.house import build_house
from aftercare.settings import Settings
from tests.services.conftest import make_team


async def test_half_a_past_is_named_with_what_to_do(
    service: Database, database_url: str, tmp_path: Path, now: datetime
) -> None:
    await make_team(service, "demo", now)
    house = build_house(Settings(database_url=database_url, data_dir=tmp_path), with_worker=True)
    await house.open()
    try:
        with pytest.raises(DemoError, match=f"Remove the folder {tmp_path}, then start again"):
            await _seeded(house, 3)
    finally:
        await house.close()
