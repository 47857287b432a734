"""Plainly synthetic rotas, hours and chains, drawn by the pure rota itself."""

from datetime import UTC, date, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.alerts.chains import SHIPPED
from aftercare.alerts.rota import gaps, on_call, shifts
from aftercare.care.calendar import start_of_day
from aftercare.model.chains import EscalationChain, Step
from aftercare.model.clinic import ClinicSettings, DayOpening, Holiday, Opening, OpeningHours
from aftercare.model.pages import Page
from aftercare.model.rota_pages import (
    ChainView,
    ClinicSettingsPage,
    OverrideLine,
    RotaPage,
    RotaView,
    TypedForm,
)
from aftercare.model.rotas import Override, Person, Rota, RotaNow
from aftercare.model.views import Head, StaffView
from aftercare.model.words import Role, Tier

PEOPLE = {UUID(int=900 + number): f"Sample {tree}" for number, tree in enumerate(("Ash", "Beech", "Cedar"))}
ASH, BEECH, CEDAR = PEOPLE
WEEK = tuple(Opening(day, time(9), time(18)) for day in range(5))


def rota(head: Head, *overrides: Override, name: str = "Nights and weekends") -> Rota:
    """A rota whose turn changed some days ago."""
    return Rota(
        rota_id=UUID(int=950 + len(name)),
        name=name,
        participants=(ASH, BEECH, CEDAR),
        hand_over=time(8),
        every_days=4,
        starts_on=head.now.date() - timedelta(days=11),
        is_default=True,
        time_zone=head.time_zone,
        version=3,
        overrides=overrides,
    )


def override(head: Head, number: int, after: float, hours: float, who: UUID | None, reason: str) -> Override:
    at = head.now.astimezone(UTC).replace(minute=0) + timedelta(hours=after)
    return Override(
        override_id=UUID(int=970 + number),
        starts_at=at,
        ends_at=at + timedelta(hours=hours),
        staff_id=who,
        reason=reason,
        made_at=at - timedelta(days=1, minutes=-number),
        made_by=ASH,
    )


def view(head: Head, one: Rota) -> RotaView:
    zone = ZoneInfo(head.time_zone)
    today = head.now.astimezone(zone).date()
    who = on_call(one, head.now)
    drawn = shifts(one, start_of_day(today, zone), start_of_day(today + timedelta(days=14), zone))
    after = next(shift for shift in drawn if shift.starts_at > head.now)
    return RotaView(
        rota=one,
        now=RotaNow(
            rota_id=one.rota_id,
            name=one.name,
            is_default=True,
            person=Person(staff_id=who, name=PEOPLE[who]) if who else None,
            until=after.starts_at,
            next_person=Person(staff_id=after.staff_id, name=PEOPLE[after.staff_id])
            if after.staff_id
            else None,
        ),
        shifts=drawn,
        overrides=tuple(OverrideLine(override=over, may_remove=True) for over in one.overrides),
        mine=True,
    )


def rota_page(head: Head, one: Rota, *, edit: bool = True, typed: TypedForm | None = None) -> RotaPage:
    hours = OpeningHours(time_zone=head.time_zone, openings=WEEK)
    return RotaPage(
        head=head,
        rotas=(view(head, one),),
        gaps=gaps([one], head.now, head.now + timedelta(days=28), PEOPLE, hours),
        names=PEOPLE,
        choices=tuple(StaffView(id=who, name=name, role=Role.PRACTITIONER) for who, name in PEOPLE.items()),
        may_edit=edit,
        typed=typed,
    )


def settings_page(head: Head, *, edit: bool = True, typed: TypedForm | None = None) -> ClinicSettingsPage:
    settings = ClinicSettings(
        name=head.clinic,
        phone="+49 30 5550100",
        urgent_care="the on-call practice at the station",
        openings=WEEK,
        holidays=(
            Holiday(on=date(2026, 12, 24), name="Christmas Eve", openings=(DayOpening(time(9), time(12)),)),
            Holiday(on=date(2026, 12, 25), name="Christmas Day"),
        ),
        handle=head.clinic_key,
        time_zone=head.time_zone,
        country="DE",
        language="en",
        version=2,
    )
    own = EscalationChain(
        tier=Tier.EMERGENCY,
        steps=(Step(tells="owner"), Step(tells="on_call"), *SHIPPED.steps[-1:]),
        version=1,
    )
    views = [
        ChainView(
            tier=Tier.EMERGENCY,
            chain=own,
            steps=("whoever has it, or every practitioner", "who is on call", "everyone at the clinic"),
            chosen=("owner", "on_call"),
            wait="15 minutes",
        ),
        *(
            ChainView(
                tier=tier,
                chain=EscalationChain(tier=tier, steps=SHIPPED.steps),
                steps=("whoever has it, or every practitioner", "everyone at the clinic"),
                chosen=("owner",),
                wait=wait,
            )
            for tier, wait in (
                (Tier.SAME_DAY, "2 hours of opening time"),
                (Tier.SOON, "24 hours of opening time"),
                (Tier.ROUTINE, "7 days"),
            )
        ),
    ]
    choices = (("owner", "whoever has it, or every practitioner"), ("on_call", "who is on call"))
    return ClinicSettingsPage(
        head=head, settings=settings, chains=tuple(views), choices=choices, may_edit=edit, typed=typed
    )


def pages(head: Head) -> dict[str, Page]:
    """Every page about the rota and the clinic's settings."""
    swap = override(head, 1, 30, 20, CEDAR, "swapped")
    away = override(head, 2, 80, 14, None, "ill")
    full = rota(head, swap, away)
    refused = TypedForm(
        form=f"over-{full.rota_id}",
        values={"starts_at": "2026-03-04T10:00", "staff_id": str(BEECH)},
        problems={"": "Nothing was saved yet.", "ends_at": "Choose a day and a time that exists."},
    )
    wrong = TypedForm(
        form="clinic",
        values={"name": "Harbour", "day0": "nine to five", "on0": "2026-12-25"},
        problems={
            "": "Nothing was saved yet.",
            "day0": "Write times such as 09:00-13:00.",
            "name0": "Give it a name.",
        },
    )
    overtaken = TypedForm(
        form=f"edit-{full.rota_id}",
        values={
            "name": "Nights",
            "starts_on": "2026-03-02",
            "hand_over": "08:00",
            "every_days": "7",
            "person0": str(ASH),
        },
        problems={"": "A colleague changed this rota while you were writing; nothing of yours was saved."},
        newer={
            "name": full.name,
            "every_days": "4",
            "people": "Sample Ash, Sample Beech, Sample Cedar",
            "window0": "",
        },
    )
    hours_overtaken = TypedForm(
        form="clinic",
        values={"name": "Harbour", "day0": "09:00-12:00", "on0": "2026-12-25", "name0": "Christmas Day"},
        problems={
            "": "A colleague changed these settings while you were writing; nothing of yours was saved."
        },
        newer={
            "name": head.clinic,
            "day0": "09:00-18:00",
            "holidays": "On record now, and not here: 2026-12-24 Christmas Eve, 09:00-12:00.",
        },
    )
    steps_overtaken = TypedForm(
        form="chain-soon",
        values={"step0": "on_call"},
        problems={"": "A colleague changed these steps while you were choosing; nothing of yours was saved."},
        newer={"steps": "whoever has it, everyone"},
    )
    found = rota_page(head, full)
    told = msgspec.structs.replace(head, gaps=found.gaps)
    return {
        "rota": found,
        "rota-refused": rota_page(head, full, typed=refused),
        "rota-overtaken": rota_page(head, full, typed=overtaken),
        "clinic-settings-overtaken": settings_page(head, typed=hours_overtaken),
        "clinic-settings-steps": settings_page(head, typed=steps_overtaken),
        "rota-coordinator": rota_page(head, rota(head), edit=False),
        "rota-empty": RotaPage(head=head, rotas=(), may_edit=True, choices=found.choices),
        "clinic-settings": settings_page(told),
        "clinic-settings-refused": settings_page(head, typed=wrong),
        "clinic-settings-read": settings_page(head, edit=False),
    }
