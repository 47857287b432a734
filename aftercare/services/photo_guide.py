"""What a patient is asked to photograph: read here, decided in `care.views`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.care import views
from aftercare.care.calendar import start_of_day
from aftercare.care.views import TakenOn
from aftercare.db.pool import Connection
from aftercare.model.check_ins import ConsentState
from aftercare.model.course_plans import NextSession
from aftercare.model.photo_views import PhotoGuide
from aftercare.model.recovery import Recovery
from aftercare.store import photo_views

_LOOKED_AT = 200  # photos of two weeks: more would change nothing


async def guide_of(
    db: Connection,
    clinic_id: UUID,
    mine: Recovery,
    given: Mapping[str, ConsentState],
    next_session: NextSession | None,
    *,
    now: datetime,
) -> PhotoGuide:
    """The views asked for, what is missing of them and earlier photos to hold them against. Nothing, where refused."""
    word = given.get("photos")
    if word is not None and not word.granted:
        return views.nothing_asked()
    patient_id, zone = mine.patient.patient_id, ZoneInfo(mine.patient.time_zone)
    newest, today = mine.newest, now.astimezone(zone).date()
    since = start_of_day(views.looked_back(today), zone)
    taken = await photo_views.taken_since(db, clinic_id, patient_id, since, _LOOKED_AT)
    session_at = newest.session_at if newest else now
    earlier = await photo_views.baselines(db, clinic_id, patient_id, session_at)
    return views.guide(
        newest.modality if newest else None,
        today=today,
        session_on=session_at.astimezone(zone).date() if newest else None,
        next_session=next_session,
        taken=[TakenOn(one.view, one.taken_at.astimezone(zone).date()) for one in taken],
        baselines={view: f"/v1/photos/{one.photo_id}/display" for view, one in earlier.items()},
    )
