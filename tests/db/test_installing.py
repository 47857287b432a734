"""What docs/operations/installing.md says of the database: its lines make logins that serve a clinic and no more."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest

from aftercare.db.embedded import EmbeddedServer
from aftercare.db.local import with_database
from aftercare.db.migrate import migrate
from aftercare.db.pool import Database
from aftercare.model.people import ClinicDraft
from aftercare.services import clinics
from aftercare.services.house import utc_now
from aftercare.settings import Settings

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "installing.md"


async def _do(url: str, block: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in filter(None, map(str.strip, block.split(";"))):
        await connection.execute(statement)
    await connection.close()


async def _a_clinic_is_made_and_nothing_else_can_be(url: str) -> None:
    service = Database(url, role="aftercare_service", size=1)
    await service.open()
    draft = ClinicDraft(name="Harbour", handle="harbour", time_zone="Europe/London", country="GB")
    made = await clinics.create_clinic(service, draft, now=utc_now())
    assert (await clinics.get_clinic(service, made.clinic_id)).name == "Harbour"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with service.clinic(made.clinic_id) as db:
            await db.execute("set role aftercare_worker")
    await service.close()


def test_the_pages_lines_make_an_installation_whose_logins_production_takes(tmp_path: Path) -> None:
    before, after = re.findall(r"```sql\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    with EmbeddedServer(tmp_path / "pg", settings={"fsync": "off", "shared_buffers": "8MB"}) as server:
        asyncio.run(_do(server.url("postgres"), before))
        owner = server.url("aftercare", "aftercare_migrations")
        asyncio.run(migrate(owner))
        asyncio.run(_do(owner, after))
        production = Settings(
            env="production",
            database_url=server.url("aftercare", "aftercare_requests"),
            worker_database_url=server.url("aftercare", "aftercare_background"),
            owner_database_url=owner,
        )
        with with_database(production) as settings:
            asyncio.run(_a_clinic_is_made_and_nothing_else_can_be(settings.database_url))
