"""Pages of photos in samples: side by side of two recoveries, the only one, and none; and those for other uses than care."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from aftercare.model.consents import Use
from aftercare.model.pages import Page
from aftercare.model.photo_pages import ComparedPhoto, ComparePage, RecoveryStrip, ViewChoice
from aftercare.model.photo_uses import Days, PhotoChoice, UsablePhotoView, UsePhotoPage, UsesPage
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
    return {"compare": full, "compare-only": only, "compare-none": none, **_uses(head, photos, session)}


def _uses(head: Head, photos: Sequence[PhotoView], session: SessionView) -> dict[str, Page]:
    """Photos for teaching: several people's, one code that is not there any more, and none at all."""
    days = (-9, 0, 1, 3, 7, 14)
    usable = tuple(
        UsablePhotoView(
            code=f"{UUID(int=number).hex[-12:]}",
            view=View.FRONT if number % 3 else View.CLOSE_UP,
            session=session if number else None,
            day=day if number else None,
            agreed_at=session.at,
            thumbnail=photo.thumbnail,
            display=photo.display,
            page=f"/photos/for/teaching/{UUID(int=number)}/{photo.id}",
            same=f"/photos/for/teaching?person={UUID(int=number)}",
        )
        for number, (day, photo) in enumerate(zip(days, photos, strict=False))
    )
    every = UsesPage(
        head=head,
        use=Use.TEACHING,
        chosen=PhotoChoice(),
        photos=usable,
        more="/photos/for/teaching?before=2026-03-01",
        export="/photos/for/teaching/export",
        export_limit=200,
    )
    gone = UsesPage(head=head, use=Use.TEACHING, chosen=PhotoChoice(code="0123456789ab"))
    none = UsesPage(head=head, use=Use.MARKETING, chosen=PhotoChoice())
    few = msgspec.structs.replace(
        every, chosen=PhotoChoice(view=View.FRONT, days=Days.PEAK), photos=usable[1:2], more=None
    )
    large = UsePhotoPage(head=head, use=Use.TEACHING, photo=usable[3])
    return {"use-photo": large, "uses": every, "uses-few": few, "uses-gone": gone, "uses-none": none}
