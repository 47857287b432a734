"""Live updates: whoever follows hears what comes, whatever number they say they heard last."""

import asyncio
from datetime import datetime, timedelta

from aftercare.db.pool import Database
from aftercare.services import audit
from aftercare.services.events import Hub
from tests.services.conftest import Team, Treat


async def test_a_page_that_was_open_before_a_restore_hears_what_comes_after_it(
    service: Database, worker: Database, team: Team, treat: Treat, now: datetime
) -> None:
    """The numbers of the audit begin again where the backup ended; the browser goes on naming a later one."""
    one, hub = await treat(now - timedelta(days=3)), Hub(service)
    hub.start()
    following = hub.follow(team.clinic_id, 10**17)
    heard = asyncio.create_task(anext(following))
    async with asyncio.timeout(30):
        while not heard.done():
            await one.says(now, tingling=True)
            await audit.seal(worker)
            await asyncio.wait({heard}, timeout=0.5)
    event = heard.result()
    await following.aclose()
    await hub.stop()
    assert event is not None
    assert event.patient_id == one.patient_id
