"""The page that lays photos side by side, in samples: two recoveries, the only photo, and none."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from aftercare.model.pages import Page
from aftercare.model.photo_pages import ComparedPhoto, ComparePage, RecoveryStrip, ViewChoice
from aftercare.model.photos import Flaw
from aftercare.model.views import Head, PatientView, PhotoView, SessionView
from aftercare.model.words import View


def pages(
    head: Head, patient: PatientView, photos: Sequence[PhotoView], session: SessionView
) -> dict[str, Page]:
    """Pages by the name of their file."""
    path = f"/patients/{patient.id}/compare"
    earlier = msgspec.structs.replace(session, at=session.at - timedelta(days=35))

    def seen(number: int, day: int, of: SessionView | None, flaws: tuple[Flaw, ...] = ()) -> ComparedPhoto:
        photo = msgspec.structs.replace(photos[number], view=View.FRONT, day=day)
        return ComparedPhoto(
            photo=photo, session=of, flaws=flaws, first=f"{path}?a={number}", second=f"{path}?b={number}"
        )

    before, first = seen(0, 0, None), seen(1, 1, earlier)
    now, dim = seen(2, 1, session), seen(5, 7, session, (Flaw.TOO_DARK, Flaw.BLURRED))
    choices = tuple(
        ViewChoice(view=view, path=f"{path}?view={view}")
        for view in (View.FRONT, View.LEFT_45, View.CLOSE_UP)
    )
    strips = (
        RecoveryStrip(session=session, cells=((), (now,), (), (dim,))),
        RecoveryStrip(session=earlier, cells=((), (first,), (seen(3, 3, earlier), seen(4, 3, earlier)), ())),
        RecoveryStrip(session=None, cells=((before,), (), (), ())),
    )
    full = ComparePage(
        head=head,
        patient=patient,
        view=View.FRONT,
        choices=choices,
        first=first,
        second=dim,
        days=(None, 1, 3, 7),
        strips=strips,
        swapped=f"{path}?a=5&b=1",
    )
    only = msgspec.structs.replace(
        full, first=None, second=now, days=(1,), strips=(RecoveryStrip(session=session, cells=((now,),)),)
    )
    none = ComparePage(head=head, patient=patient, view=View.FRONT)
    return {"compare": full, "compare-only": only, "compare-none": none}
