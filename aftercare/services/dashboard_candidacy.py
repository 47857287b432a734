"""What a patient's page and the form of a session say of screenings: those signed, those waiting, and what to mind."""

from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.model.screening_pages import Candidacy, ScreeningLine
from aftercare.model.screenings import Screening
from aftercare.model.views import StaffView
from aftercare.model.words import Modality
from aftercare.services import dashboard_views as views
from aftercare.store import screenings as store
from aftercare.store import staff


async def candidacy_of(
    db: Connection, clinic_id: UUID, patient_id: UUID, modality: Modality | None
) -> Candidacy:
    """What a patient's page says of screenings; precautions are of the newest one for `modality`, else of the newest."""
    signed = await store.of_patient(db, clinic_id, patient_id)
    waiting = await store.prepared_of(db, clinic_id, patient_id)
    members = await staff.several(db, clinic_id, list({one.signed_by for one in signed})) if signed else {}
    courses_of = [one for one in signed if one.scope == "course"]
    newest = next((one for one in courses_of if modality in (None, one.modality)), None)
    return Candidacy(
        lines=tuple(
            line(one, views.staff_view(members[one.signed_by]) if one.signed_by in members else None)
            for one in signed
        ),
        prepared=tuple(one.modality for one in waiting),
        precautions=newest.advice.precautions if newest is not None and newest.advice is not None else (),
    )


def line(one: Screening, by: StaffView | None) -> ScreeningLine:
    """A signed screening in one line."""
    return ScreeningLine(
        id=one.screening_id,
        scope="session" if one.scope == "session" else "course",
        modality=one.modality,
        outcome=one.outcome,
        advised=one.advice.outcome if one.advice else None,
        signed_at=one.signed_at,
        by=by,
    )
