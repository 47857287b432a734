"""Plainly synthetic pages: patients are named after trees, staff after their role, photos are drawn."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.model.alerts import Fate
from aftercare.model.charts import AlertPin, Axis, ChartPoint, ChartSeries, SignMark, SignsRow
from aftercare.model.check_ins import ConsentState
from aftercare.model.findings import Evidence
from aftercare.model.pages import (
    ActPage,
    AlertPage,
    CallListItem,
    CallListPage,
    InvitationPage,
    ModalityChoice,
    Page,
    PatientFormPage,
    PatientPage,
    PatientRow,
    PatientsPage,
    PhotoPage,
    ProblemPage,
    SessionFormPage,
    SignInPage,
    TriagePage,
    Typed,
)
from aftercare.model.timeline import Risks
from aftercare.model.views import (
    Act,
    AlertLine,
    AlertView,
    FollowUpItem,
    FoundView,
    Head,
    MessageView,
    Notice,
    PatientView,
    PhotoView,
    RisksView,
    SessionView,
    StaffView,
    TriageRow,
)
from aftercare.model.words import (
    AlertState,
    AnsweredBy,
    Code,
    Modality,
    Outcome,
    Prophylaxis,
    Role,
    Tier,
    View,
)
from tests.web import (
    samples_courses,
    samples_deliveries,
    samples_erasures,
    samples_follow_ups,
    samples_instructions,
    samples_me,
    samples_messages,
    samples_photos,
    samples_reminders,
    samples_rota,
    samples_rules,
    samples_screening,
    samples_staff,
    samples_statistics,
    samples_upkeep,
)
from tests.web.backtest_samples import backtest_pages

NOW = datetime(2026, 3, 5, 13, 24, tzinfo=UTC)
ONE = StaffView(id=UUID(int=1), name="Practitioner One", role=Role.PRACTITIONER)
TWO = StaffView(id=UUID(int=2), name="Coordinator Two", role=Role.COORDINATOR)
HEAD = Head(
    clinic="Sample Clinic",
    clinic_key="sample",
    staff=ONE,
    csrf="sample-csrf",
    now=NOW,
    time_zone="Europe/Berlin",
    last_event_id=41,
    urgent=3,
)
NEEDLING = (0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 42)
CAPS = {
    "redness": (3, 3, 2, 2, 2, 1, 1, 1, *(0,) * 35),
    "swelling": (2, 2, 2, 1, 1, *(0,) * 38),
    "pain": (2, 2, 1, 1, *(0,) * 39),
    "warmth": (3, 2, 1, *(0,) * 40),
    "itching": (1, 1, 2, 2, 1, 1, 1, 1, *(0,) * 35),
    "dryness": (1, 2, 3, 3, 3, 2, 2, 1, 1, 1, 1, *(0,) * 32),
    "bruising": (2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, *(0,) * 32),
    "crusting": (1, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, *(0,) * 32),
}
ALL_ACTS: frozenset[Act] = frozenset({"acknowledge", "attempt", "contact", "snooze", "resolve", "note"})
TAKEN: frozenset[Act] = frozenset({"attempt", "contact", "snooze", "resolve", "note"})


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def ahead(**length: float) -> datetime:
    return NOW + timedelta(**length)


def patient(number: int, name: str, born: int | None = None) -> PatientView:
    birthday = date(born, 4, 2) if born else None
    return PatientView(
        id=UUID(int=100 + number),
        name=name,
        identifier=f"S-{1000 + number}",
        born=birthday,
        phone="+49 30 0000000",
    )


def needling(day: int, depth: float | None = 1.5, number: int = 2) -> SessionView:
    return SessionView(
        id=UUID(int=200 + day),
        modality=Modality.MICRONEEDLING,
        at=ago(days=day),
        number=number,
        planned=6,
        needle_depth_mm=depth,
    )


def laser(day: int) -> SessionView:
    return SessionView(
        id=UUID(int=300 + day), modality=Modality.LASER_GENESIS, at=ago(days=day), number=1, planned=5
    )


def axis(today: int) -> Axis:
    shown = tuple(day for day in NEEDLING if day <= max(7, today))
    return Axis(days=shown if today <= shown[-1] else (*shown, today), today=today)


def curve(item: str, grades: dict[int, int | None], missed: tuple[int, ...] = ()) -> ChartSeries:
    points = tuple(ChartPoint(day=day, grade=grade) for day, grade in sorted(grades.items()))
    return ChartSeries(item=item, band=CAPS[item], points=points, missed=missed)


def photo(number: int, day: int, taken: datetime, view: View = View.FRONT) -> PhotoView:
    address = f"/photos/{UUID(int=500 + number)}"
    return PhotoView(
        id=UUID(int=500 + number),
        view=view,
        taken_at=taken,
        day=day,
        thumbnail=f"{address}/thumbnail.jpg",
        display=f"{address}/display.jpg",
        page=f"/patients/{UUID(int=102)}/photos/{UUID(int=500 + number)}",
    )


HERPES = RisksView(
    known=Risks(hsv_history=True, fitzpatrick=3),
    allergies=("penicillin",),
    medicines=("ibuprofen",),
    prophylaxis=Prophylaxis.ADVISED,
)

ROWS = (
    TriageRow(
        alert_id=UUID(int=11), code=Code.AIRWAY, tier=Tier.EMERGENCY, state=AlertState.OPEN, patient=patient(1, "Test Alder", 1988),
        session=needling(0), day=0, reason="Lips ballooning and hard to swallow, one hour after the session.", raised_at=ago(minutes=3),
        deadline=ahead(minutes=12), recorded_at=ago(minutes=3), arrived_at=ago(minutes=3), answered_by=AnsweredBy.CARER,
        risks=RisksView(known=Risks(fitzpatrick=2), allergies=("lidocaine",)), axis=axis(0), curve=curve("swelling", {0: 3}),
        photo=photo(1, 0, ago(minutes=4), View.CLOSE_UP), may=ALL_ACTS,
    ),
    TriageRow(
        alert_id=UUID(int=12), code=Code.COLD_SORE, tier=Tier.SAME_DAY, state=AlertState.ACKNOWLEDGED, patient=patient(2, "Test Birch", 1979),
        session=needling(3), day=3, reason="Tingling at the lip, new since yesterday; had cold sores before.", raised_at=ago(hours=1),
        deadline=ago(minutes=3), owner=TWO, recorded_at=ago(hours=1), arrived_at=ago(hours=1), answered_by=AnsweredBy.SELF, risks=HERPES,
        lead=Evidence(item="tingling", now=True, before=False, before_day=2), axis=axis(3), curve=curve("pain", {0: 2, 1: 1, 2: 1, 3: 2}),
        photo=photo(2, 3, ago(hours=1)), may=TAKEN,
    ),
    TriageRow(
        alert_id=UUID(int=13), code=Code.INFECTION, tier=Tier.SAME_DAY, state=AlertState.OPEN, patient=patient(3, "Test Cedar", 1994),
        session=needling(6, 2.0), day=3, reason="An area on the cheek is getting bigger, hotter and sorer.", raised_at=ago(minutes=48),
        deadline=ahead(hours=1, minutes=12), recorded_at=ago(days=2, hours=20), arrived_at=ago(minutes=48), answered_by=AnsweredBy.SELF,
        risks=RisksView(known=Risks(hsv_history=False, diabetes=True, fitzpatrick=5), allergies=()),
        lead=Evidence(item="warmth", now=3, expected=1, before=1, before_day=2), axis=axis(6),
        curve=curve("warmth", {0: 2, 1: 2, 2: 1, 3: 3}, (4, 5)), photo=photo(3, 3, ago(days=2, hours=20), View.LEFT_45), may=ALL_ACTS,
    ),
    TriageRow(
        alert_id=UUID(int=14), code=Code.SWELLING, tier=Tier.SOON, state=AlertState.ATTEMPTED, patient=patient(4, "Test Dogwood", 1969),
        session=needling(4), day=4, reason="Swelling rose from mild to severe within a day, after its usual peak.", raised_at=ago(hours=5),
        deadline=ahead(hours=19), owner=ONE, attempts=2, recorded_at=ago(hours=5), arrived_at=ago(hours=5),
        risks=RisksView(known=Risks(hsv_history=False, blood_thinner=True), allergies=()),
        lead=Evidence(item="swelling", now=3, expected=1, before=1, before_day=3), axis=axis(4),
        curve=curve("swelling", {0: 2, 1: 2, 2: 1, 3: 1, 4: 3}), photo=photo(4, 4, ago(hours=5)), may=TAKEN,
    ),
    TriageRow(
        alert_id=UUID(int=15), code=Code.SILENCE, tier=Tier.SOON, state=AlertState.OPEN, patient=patient(5, "Test Elm"), session=laser(3), day=3,
        reason="Two check-ins asked and none came; skin type V after laser.", raised_at=ago(hours=9), deadline=ahead(hours=15),
        risks=RisksView(known=Risks(fitzpatrick=5)), axis=Axis(days=(0, 1, 2, 3, 5, 7), today=3),
        curve=ChartSeries(item="redness", band=(2, 1, 1, 0, 0, 0, 0, 0), points=(ChartPoint(day=0, grade=1),), missed=(1, 2)), may=ALL_ACTS,
    ),
    TriageRow(
        alert_id=UUID(int=16), code=Code.MILIA, tier=Tier.ROUTINE, state=AlertState.OPEN, patient=patient(6, "Test Fir", 2001), session=needling(21),
        day=21, reason="Small white bumps on the forehead, without pain.", raised_at=ago(days=2), deadline=ahead(days=5),
        lead=Evidence(item="white_bumps", now=True, before=False, before_day=14), axis=axis(21),
        curve=curve("redness", {0: 3, 1: 2, 2: 2, 3: 1, 4: 1, 5: 1, 6: 0, 7: 0, 10: 0, 14: 0, 21: 0}), photo=photo(6, 21, ago(days=2)), may=ALL_ACTS,
    ),
    TriageRow(
        alert_id=UUID(int=17), code=Code.DERMATITIS, tier=Tier.ROUTINE, state=AlertState.CONTACTED, patient=patient(7, "Test Hawthorn", 1990),
        session=needling(10), day=10, reason="Dryness above the expected course on two check-ins in a row.", raised_at=ago(days=3), owner=TWO,
        snoozed_until=ahead(hours=20), lead=Evidence(item="dryness", now=2, expected=1, before=2, before_day=7), axis=axis(10),
        curve=curve("dryness", {0: 1, 1: 2, 2: 2, 3: 3, 4: 3, 5: 2, 6: None, 7: 2, 10: 2}), may=TAKEN,
    ),
)  # fmt: skip

SERIES = (
    curve("redness", {0: 3, 1: 3, 2: 2, 3: 2, 4: 2, 6: 1, 7: 1}, (5,)),
    curve("swelling", {0: 2, 1: 2, 2: 1, 3: 1, 4: 0, 6: 0, 7: 0}, (5,)),
    curve("pain", {0: 2, 1: 1, 2: 1, 3: 2, 4: 3, 6: 1, 7: 0}, (5,)),
    curve("warmth", {0: 2, 1: 1, 2: 1, 3: 1, 4: 1, 6: 0, 7: 0}, (5,)),
    curve("itching", {0: 0, 1: 0, 2: 1, 3: None, 4: 1, 6: 1, 7: 0}, (5,)),
    curve("dryness", {0: 0, 1: 1, 2: 2, 3: 3, 4: 3, 6: 2, 7: 1}, (5,)),
    curve("bruising", {0: 1, 1: 1, 2: 0, 3: 0, 4: 0, 6: 0, 7: 0}, (5,)),
    curve("crusting", {0: 0, 1: 1, 2: 1, 3: 1, 4: 2, 6: 2, 7: 1}, (5,)),
)


def sign(item: str, said: dict[int, str], denied: tuple[int, ...]) -> SignsRow:
    marks = [SignMark(day=day, said=True, value=value) for day, value in said.items()]
    marks += [SignMark(day=day, said=False) for day in denied]
    return SignsRow(item=item, marks=tuple(sorted(marks, key=lambda mark: mark.day)))


SIGNS = (
    sign("tingling", {3: "", 4: ""}, (1, 2, 6, 7)),
    sign("blisters", {4: "few", 6: "few"}, (1, 2, 3, 7)),
    sign("fever_c", {}, (1, 2, 3, 4, 6, 7)),
    sign("spreading", {}, (1, 2, 3, 4, 6, 7)),
    sign("eye", {}, (0, 4)),
)
PHOTOS = (
    photo(20, 0, ago(days=7)),
    photo(21, 1, ago(days=6)),
    photo(22, 3, ago(days=4)),
    photo(23, 4, ago(days=3, hours=1), View.LEFT_45),
    photo(24, 4, ago(days=3), View.CLOSE_UP),
    photo(25, 7, ago(hours=3)),
)
LOG = (
    FollowUpItem(at=ago(hours=5), kind="raised", tier=Tier.SAME_DAY, code=Code.COLD_SORE, text="Tingling at the lip; had cold sores before."),
    FollowUpItem(at=ago(hours=4, minutes=59), kind="told", text="Mail to the on-call address, delivered."),
    FollowUpItem(at=ago(hours=4), kind="told_failed", text="Mail to the on-call phone failed twice; next try 14:05."),
    FollowUpItem(at=ago(hours=3), kind="acknowledge", by=TWO),
    FollowUpItem(at=ago(hours=2), kind="attempt", by=TWO),
    FollowUpItem(at=ago(hours=1), kind="joined", code=Code.COLD_SORE, tier=Tier.SAME_DAY, text="Blisters joined: few, lips."),
)  # fmt: skip
ALERT = AlertView(
    alert_id=UUID(int=12), code=Code.COLD_SORE, tier=Tier.SAME_DAY, state=AlertState.ATTEMPTED, patient=patient(2, "Test Birch", 1979),
    session=needling(7), day=4, reason="Tingling and a few small blisters at the lip, new since yesterday; had cold sores before.",
    raised_at=ago(hours=5), deadline=ahead(minutes=52), owner=TWO, attempts=1, risks=HERPES, recorded_at=ago(days=2), arrived_at=ago(hours=5),
    answered_by=AnsweredBy.SELF, lead=Evidence(item="blisters", now="few", before="none", before_day=3), axis=axis(7), curve=SERIES[2],
    photo=PHOTOS[-1], may=TAKEN, version="default-1", holds_course=True, next_step_at=ahead(minutes=52), next_step_to="everyone at the clinic",
    found=(
        FoundView(
            at=ago(hours=5), day=4, tier=Tier.SAME_DAY, row="cold_sore.blisters", fate=Fate.RAISED, fate_reason="Nothing of this kind was open.",
            reason="Tingling and a few small blisters at the lip, new since yesterday; had cold sores before.", version="default-1",
            evidence=(
                Evidence(item="blisters", now="few", before="none", before_day=3, text="at the lips"),
                Evidence(item="tingling", now=True, before=False, before_day=2),
                Evidence(item="pain", now=3, expected=0, before=2, before_day=3, numbers={"rise_within_a_day": 2}),
                Evidence(item="hsv_history", now=True),
            ),
            source="rules.md 3; clinical.md 2, number 3", numbers={"signs.tingling_from_day": 1.0, "signs.ulcer_herpes_days.from": 2.0},
        ),
        FoundView(
            at=ago(hours=3), day=4, tier=Tier.SAME_DAY, row="cold_sore.tingling", fate=Fate.JOINED, version="default-1",
            reason="Tingling at the lips, also on day 3.", fate_reason="Joined the open alert; nothing is worse than before, so nobody is told again.",
            evidence=(Evidence(item="tingling", now=True, before=True, before_day=3, text="at the lips"),), source="rules.md 3; clinical.md 2, number 3",
        ),
        FoundView(
            at=ago(hours=1), day=5, tier=Tier.SAME_DAY, row="cold_sore.blisters", fate=Fate.HELD, version="default-1",
            reason="Few blisters at the lips, also the day before.", fate_reason="The same at the same grade was resolved as confirmed: held until 2026-03-18 unless it gets worse.",
        ),
    ),
    shown=("Call the clinic today. If the clinic is closed, call 116117.",),
    log=LOG, photos=tuple(reversed(PHOTOS)), reported_at=ago(days=2), nearest=PHOTOS[4],
)  # fmt: skip
RESOLVED = AlertView(
    alert_id=UUID(int=10), code=Code.PAIN, tier=Tier.ROUTINE, state=AlertState.RESOLVED, patient=patient(2, "Test Birch", 1979), session=needling(7),
    day=3, reason="Pain above the expected course on two check-ins in a row.", raised_at=ago(days=4), owner=ONE, answered_by=AnsweredBy.SELF,
    found=(
        FoundView(
            at=ago(days=4), day=3, tier=Tier.ROUTINE, row="pain.mild", fate=Fate.RAISED, fate_reason="Nothing of this kind was open.", version="default-1",
            reason="Pain above the expected course on two check-ins in a row.", evidence=(Evidence(item="pain", now=2, expected=1, before=1, before_day=2),),
            source="rules.md 2, pain; clinical.md 1.3 and 2, number 20", numbers={"course.pair_days": 4.0},
        ),
    ),
    version="default-1", outcome=Outcome.EXPECTED_COURSE,
    resolved_at=ago(days=3), may=frozenset({"reopen", "end_condition", "note"}),
)  # fmt: skip
PATIENT = PatientPage(
    agreed=(
        ConsentState(kind="care", given_at=NOW, granted=True, text_version="2", language="en"),
        ConsentState(kind="photos", given_at=NOW, granted=False, text_version="2", language="en"),
    ),
    head=HEAD, patient=ALERT.patient, risks=HERPES, session=needling(7), day=7, owner=TWO,
    axis=Axis(days=NEEDLING[:9], today=7), series=SERIES, signs=SIGNS, photos=PHOTOS, alerts=(ALERT, RESOLVED),
    pins=(
        AlertPin(alert_id=UUID(int=12), tier=Tier.SAME_DAY, code=Code.COLD_SORE, day=4),
        AlertPin(alert_id=UUID(int=10), tier=Tier.ROUTINE, code=Code.PAIN, day=3, resolved=True),
    ),
    log=tuple(reversed(LOG)),
    messages=(
        MessageView(at=ago(hours=6), text="Can I put make-up on it tomorrow?"),
        MessageView(at=ago(hours=5, minutes=30), text="Please not while there are blisters. We call you this afternoon.", by=TWO),
    ),
    last_check_in_at=ago(hours=3), next_due_at=ahead(days=3), course_held="A cold sore is open. A practitioner can end this, or override with a reason.",
)  # fmt: skip

LINES = (
    AlertLine(alert_id=UUID(int=31), code=Code.EYE, tier=Tier.SAME_DAY, state=AlertState.OPEN, day=0, reason="Pain in the eye, new since yesterday.", raised_at=ago(minutes=3), deadline=ahead(hours=2), may=ALL_ACTS),
    AlertLine(alert_id=UUID(int=32), code=Code.BURN, tier=Tier.SAME_DAY, state=AlertState.ACKNOWLEDGED, day=0, reason="Weeping skin after laser.", raised_at=ago(minutes=3), deadline=ahead(hours=2), owner=TWO, may=TAKEN),
    AlertLine(alert_id=UUID(int=33), code=Code.CONTACT_REQUEST, tier=Tier.SOON, state=AlertState.CONTACTED, day=0, reason="Asks to be contacted: it can wait.", raised_at=ago(minutes=3), owner=ONE, may=TAKEN),
)  # fmt: skip

PAGES: dict[str, Page] = {
    "triage": TriagePage(head=HEAD, rows=ROWS, in_recovery=42, to_call=2),
    "triage-notice": TriagePage(
        head=Head(
            clinic="Sample Clinic", clinic_key="sample", staff=ONE, csrf="c", now=NOW, time_zone="Europe/Berlin", urgent=3,
            notice=Notice(text="You have it. Reach the patient by 14:54.", alert_id=UUID(int=14), undo=f"/alerts/{UUID(int=14)}/reopen"),
        ),
        rows=ROWS,
    ),
    "triage-together": TriagePage(
        head=HEAD,
        rows=(msgspec.structs.replace(ROWS[0], also=LINES), msgspec.structs.replace(ROWS[1], also=LINES[1:]), *ROWS[2:]),
    ),
    "alert-together": AlertPage(head=HEAD, alert=msgspec.structs.replace(ALERT, also=LINES)),
    "triage-empty": TriagePage(head=HEAD, rows=(), in_recovery=42),
    "alert": AlertPage(head=HEAD, alert=ALERT),
    "resolve": ActPage(head=HEAD, alert=ALERT, act="resolve", back="/"),
    "snooze": ActPage(head=HEAD, alert=ALERT, act="snooze", back="/", snooze_choices=(ahead(minutes=30), ahead(minutes=52))),
    "patient": PATIENT,
    "patient-new": PatientPage(head=HEAD, patient=patient(9, "Test Juniper"), risks=RisksView()),
    "patients": PatientsPage(
        head=HEAD,
        rows=(
            *(
                PatientRow(patient=row.patient, session=row.session, day=row.day, last_check_in_at=row.arrived_at, tier=row.tier, alert_id=row.alert_id)
                for row in ROWS
            ),
            PatientRow(patient=patient(9, "Test Juniper")),
        ),
    ),
    "patients-none": PatientsPage(head=HEAD, rows=(), query="Zz"),
    "call-list": CallListPage(
        head=HEAD,
        items=(
            CallListItem(patient=patient(8, "Test Ivy", 1985), session=needling(3), day=3, done="/call-list/8/2/done", missed=(1, 2), last_check_in_at=ago(days=3), reminder_sent=True),
            CallListItem(patient=patient(10, "Test Larch"), session=laser(4), day=4, done="/call-list/10/3/done", missed=(2, 3), reminder_sent=False),
        ),
    ),
    "call-list-empty": CallListPage(head=HEAD, items=()),
    "invitation": InvitationPage(
        head=HEAD, patient=patient(9, "Test Juniper"), code="sample-AB2C-DE3F-GH4J", address="http://127.0.0.1:8460/app/#sample-AB2C-DE3F-GH4J",
        expires_at=ahead(days=7),
    ),
    "patient-form": PatientFormPage(head=HEAD, form=Typed(values={"time_zone": "Europe/Berlin", "country": "DE", "language": "en"})),
    "patient-form-clash": PatientFormPage(
        head=HEAD, patient=ALERT.patient, version=3,
        form=Typed(
            values={"name": "Test Birch", "phone": "+49 30 1", "hsv_history": "yes", "baseline/redness": "2", "email": "nobody"},
            problems={"": "A colleague changed this patient while you were writing.", "email": "This is not an e-mail address."},
            newer={"phone": "+49 30 2", "hsv_history": ""},
        ),
    ),
    "session-form": SessionFormPage(
        head=HEAD, patient=ALERT.patient, risks=HERPES, form=Typed(values={"session_id": str(UUID(int=9)), "session_at": "2026-03-05T14:24"}),
        choices=(
            ModalityChoice(modality=Modality.MICRONEEDLING, number=2, planned=4, last_at=ago(days=40)),
            ModalityChoice(modality=Modality.LASER_GENESIS, number=1, planned=4),
        ),
    ),
    "session-form-held": SessionFormPage(
        head=HEAD, patient=ALERT.patient, risks=HERPES, held="Sessions are at least 28 days apart: not before 2026-03-26.",
        form=Typed(
            values={
                "session_id": str(UUID(int=9)), "session_at": "2026-03-05T14:24", "modality": "microneedling", "needle_depth_mm": "1.5",
                "areas": "cheeks\nchin", "consumables/0/device": "Synthetic pen", "consumables/1/lot": "L-2", "consumables/0/sterile": "yes",
                "screening/sunburn": "yes", "outcome": "candidate",
            },
            problems={"": "Not recorded.", "outcome": "Say why.", "consumables/0/lot": "Write the lot as it stands on the package."},
        ),
        choices=(ModalityChoice(modality=Modality.MICRONEEDLING, number=2, planned=4, last_at=ago(days=7)),),
    ),
    "photo": PhotoPage(
        head=HEAD, patient=ALERT.patient, photo=PHOTOS[3], session=needling(7), older=PHOTOS[2].page, newer=PHOTOS[4].page
    ),
    "sign-in": SignInPage(clinic="Sample Clinic", clinic_key="sample", csrf="sample-csrf"),
    "sign-in-ended": SignInPage(
        clinic="Sample Clinic", clinic_key="sample", csrf="c", email="one@clinic.example", ended=True,
        problem="E-mail or password is not right. After five wrong tries the sign-in waits for 15 minutes.",
    ),
    "problem": ProblemPage(
        status=409, title="Someone was faster", head=HEAD, back="/",
        detail="Coordinator Two took this alert at 14:21. Open it to see what was done; you can still write a note.",
    ),
}  # fmt: skip
PAGES |= samples_courses.pages(
    HEAD, PATIENT, (patient(8, "Test Ivy", 1985), patient(9, "Test Juniper"), patient(10, "Test Larch"))
)
PAGES |= samples_instructions.instruction_pages(HEAD, ALERT.patient, NOW)
PAGES |= backtest_pages(HEAD, ALERT.patient)
PAGES |= samples_erasures.pages(HEAD, ALERT.patient)
PAGES |= samples_follow_ups.pages(
    HEAD, ALERT, (ALERT.patient, patient(8, "Test Ivy", 1985), patient(9, "Test Juniper"))
)
PAGES |= samples_reminders.pages(HEAD, ALERT.patient)
PAGES |= samples_messages.pages(
    HEAD, (ALERT.patient, patient(8, "Test Ivy", 1985), patient(9, "Test Juniper")), PHOTOS
)
PAGES |= samples_deliveries.pages(HEAD)
PAGES |= samples_photos.pages(HEAD, ALERT.patient, PHOTOS, needling(7))
PAGES |= samples_rota.pages(HEAD)
PAGES |= samples_rules.pages(HEAD)
PAGES |= samples_me.pages(HEAD)
PAGES |= samples_screening.pages(PATIENT)
PAGES |= samples_staff.pages(HEAD, ALERT.patient)
PAGES |= samples_statistics.pages(HEAD)
PAGES |= samples_upkeep.pages(HEAD, ALERT.patient)
