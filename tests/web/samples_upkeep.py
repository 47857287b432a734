"""What waits for the clinic itself, in samples: as a practitioner and as an admin see it, and with nothing that waits."""

from datetime import timedelta
from uuid import UUID

import msgspec

from aftercare.model.pages import Page, TriagePage
from aftercare.model.photos import Rendition
from aftercare.model.upkeep_page import AskedErasure, BrokenPhoto, UpkeepPage
from aftercare.model.views import Head, PatientView, StaffView, Upkeep
from aftercare.model.words import Role, View


def pages(head: Head, patient: PatientView) -> dict[str, Page]:
    """Pages by the name of their file."""
    now, today = head.now, head.now.date()
    admin = msgspec.structs.replace(
        head,
        staff=StaffView(id=UUID(int=3), name="Admin Three", role=Role.ADMIN),
        upkeep=Upkeep(erasures=2, answer_by=today + timedelta(days=4), pictures=3),
    )
    asked = (
        AskedErasure(asked_at=now - timedelta(days=26), answer_by=today + timedelta(days=4), patient=patient),
        AskedErasure(
            asked_at=now - timedelta(hours=5), answer_by=today + timedelta(days=30), patient=patient
        ),
    )
    whole = (Rendition.DISPLAY, "is missing"), (Rendition.THUMBNAIL, "is missing")
    broken = (
        BrokenPhoto(
            photo_id=UUID(int=0x5EED << 100 | 77), view=View.FRONT, taken_at=now - timedelta(days=9),
            found_at=now - timedelta(hours=30), pictures=((Rendition.DISPLAY, "does not open"),), patient=patient,
        ),
        BrokenPhoto(
            photo_id=UUID(int=0x5EED << 100 | 78), view=View.CLOSE_UP, taken_at=now - timedelta(days=3),
            found_at=now - timedelta(hours=2), pictures=whole, patient=patient,
        ),
    )  # fmt: skip
    nameless = (msgspec.structs.replace(one, patient=None) for one in asked)
    noted = msgspec.structs.replace(
        head, upkeep=Upkeep(erasures=1, answer_by=today + timedelta(days=26), pictures=0)
    )
    return {
        "upkeep": UpkeepPage(head=head, asked=asked, broken=broken),
        "upkeep-admin": UpkeepPage(
            head=admin,
            asked=tuple(nameless),
            broken=tuple(msgspec.structs.replace(one, patient=None) for one in broken),
            more_broken=900,
        ),
        "upkeep-nothing": UpkeepPage(head=head),
        "triage-noted": TriagePage(head=noted, rows=(), in_recovery=42),
        "triage-pressed": TriagePage(head=admin, rows=(), in_recovery=42),
    }
