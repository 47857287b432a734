"""A clinic of trees, lived through the services themselves, and browsers that look at its pages."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from io import BytesIO
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
from litestar import Litestar
from PIL import Image

from aftercare.care.questionnaire import asked, load
from aftercare.model.care import Consumable, CourseDraft, SessionDraft
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.clinic import Opening
from aftercare.model.people import Actor, ClinicDraft, Patient, PatientDraft, StaffDraft
from aftercare.model.screenings import SessionScreening
from aftercare.model.words import AnsweredBy, Modality, Role
from aftercare.services import check_ins, clinics, courses, patients, rule_packs, staff
from aftercare.services.check_ins import CheckInAnswer
from aftercare.services.house import House
from aftercare.services.photos import PhotoDraft, put_photo
from aftercare.store import alerts as alert_store
from aftercare.store import courses as course_store
from aftercare.store.alerts import PatientAlert

WEDNESDAY = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
PASSWORD = "a plainly synthetic password"
_OPEN = tuple(Opening(weekday, time(8), time(18)) for weekday in range(7))

SCREENED = SessionScreening(
    questionnaire=1,
    answers={item.key: False for item in asked(load(1), "session")},
    outcome="candidate",
)


class Clock:
    """The time of a test: stands still until it is moved."""

    def __init__(self, at: datetime = WEDNESDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Practice:
    """One clinic with a member of each role."""

    house: House
    clock: Clock
    handle: str
    clinic_id: UUID = field(default_factory=uuid4)
    team: dict[Role, Actor] = field(default_factory=dict)

    async def begin(self, *, released: bool = True) -> "Practice":
        """Make the clinic; its practitioner has released the shipped rules, or not yet."""
        database = self.house.database
        draft = ClinicDraft(
            name=f"{self.handle.capitalize()} Clinic", handle=self.handle, time_zone="Europe/London", country="GB", openings=_OPEN
        )  # fmt: skip
        self.clinic_id = (await clinics.create_clinic(database, draft, now=self.clock())).clinic_id
        system = Actor(clinic_id=self.clinic_id, kind="system")
        for role in Role:
            who = StaffDraft(
                email=self.email(role), name=f"{role.capitalize()} One", role=role, password=PASSWORD
            )
            member = await staff.create_staff(database, system, who, now=self.clock())
            self.team[role] = Actor(clinic_id=self.clinic_id, kind="staff", id=member.staff_id, role=role)
        if released:
            await rule_packs.release(database, self.team[Role.PRACTITIONER], 1, now=self.clock())
        return self

    def email(self, role: Role) -> str:
        return f"{role}@{self.handle}.invalid"

    async def treated(self, name: str, *, days_ago: int = 3, **known: Any) -> Patient:
        """A patient who was needled 1.5 mm deep some days ago."""
        database, by = self.house.database, self.team[Role.PRACTITIONER]
        patient = await self.untreated(name, **known)
        plan = CourseDraft(modality=Modality.MICRONEEDLING, planned_sessions=4)
        await courses.create_course(database, by, patient.patient_id, plan, now=self.clock())
        await self.treats_again(patient, days_ago=days_ago)
        return patient

    async def treats_again(self, patient: Patient, *, days_ago: int) -> None:
        """A session of the patient's course, needled 1.5 mm deep."""
        database, by = self.house.database, self.team[Role.PRACTITIONER]
        async with database.clinic(self.clinic_id) as db:
            (course,) = await course_store.of_patient(db, self.clinic_id, patient.patient_id)
        cartridge = Consumable(
            device="Synthetic cartridge",
            lot="LOT-1",
            expires_on=date(2030, 1, 1),
            sterile=True,
            single_use=True,
        )
        session = SessionDraft(
            course_id=course.course_id,
            session_at=self.clock() - timedelta(days=days_ago),
            needle_depth_mm=1.5,
            consumables=(cartridge,),
            screening=SCREENED,
        )
        at = session.session_at + timedelta(minutes=5)
        await courses.record_session(database, by, patient.patient_id, session, now=at)

    async def untreated(self, name: str, **known: Any) -> Patient:
        draft = PatientDraft(name=name, **{"phone": "+44 20 7946 0000", **known})
        earlier = self.clock() - timedelta(days=60)
        return await patients.create_patient(
            self.house.database, self.team[Role.PRACTITIONER], draft, now=earlier
        )

    async def says(
        self,
        patient: Patient,
        *,
        days_ago: float = 0,
        days_on_the_way: float = 0,
        answered_by: AnsweredBy = AnsweredBy.SELF,
        **answers: Any,
    ) -> CheckInAnswer:
        """A check-in from the patient's phone, received at once or after some days without a network."""
        at = self.clock() - timedelta(days=days_ago)
        draft = CheckInDraft(
            instrument=1, recorded_at=at, time_zone="Europe/London", answered_by=answered_by, answers=answers
        )
        actor = Actor(clinic_id=self.clinic_id, kind="patient", id=patient.patient_id)
        arrives = at + timedelta(days=days_on_the_way)
        return await check_ins.submit(
            self.house.database, actor, patient.patient_id, uuid4(), draft, now=arrives
        )

    async def sends_photo(self, patient_id: UUID, *, days_ago: float) -> UUID:
        """A small picture of nothing, taken some days ago."""
        picture, data, photo_id = Image.new("RGB", (600, 800), (203, 160, 140)), BytesIO(), uuid4()
        picture.save(data, "JPEG")
        taken = self.clock() - timedelta(days=days_ago)
        actor = Actor(clinic_id=self.clinic_id, kind="patient", id=patient_id)
        house, draft = self.house, PhotoDraft(taken_at=taken)
        await put_photo(
            house.database, house.blobs, house.photo_workers, actor, patient_id, photo_id, draft, data.getvalue(), now=taken
        )  # fmt: skip
        return photo_id

    async def prodrome(self, name: str = "Sample Alder", **known: Any) -> PatientAlert:
        """A patient with a gap on day 2 and a tingling lip on day 3, which raises an alert of the same day."""
        known = {"reference": "A-17", "hsv_history": True, "allergies": "lidocaine", **known}
        patient = await self.treated(name, **known)
        await self.says(patient, days_ago=2, pain=1, redness=2, tingling=False)
        lips = {"tingling": ["lips"]}
        await self.says(patient, pain=1, redness=1, tingling=True, sites=lips, answered_by=AnsweredBy.CARER)
        return await self.alert_of(patient)

    async def alert_of(self, patient: Patient) -> PatientAlert:
        """The most recently raised alert of a patient."""
        async with self.house.database.clinic(self.clinic_id) as db:
            found = await alert_store.of_patient(db, self.clinic_id, patient.patient_id)
        return await self.now_is(found[0].id)

    async def now_is(self, alert_id: UUID) -> PatientAlert:
        """What has become of an alert."""
        async with self.house.database.clinic(self.clinic_id) as db:
            found = await alert_store.get(db, self.clinic_id, alert_id)
        assert found is not None
        return found


class Window:
    """A browser without scripts: keeps cookies, follows forms with their token."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.csrf = ""

    async def sign_in(
        self, practice: Practice, role: Role = Role.PRACTITIONER, then: str = "/"
    ) -> httpx.Response:
        door = f"/sign-in/{practice.handle}"
        form = await self.client.get(door)
        assert form.status_code == 200, form.text
        answer = await self.client.post(
            door,
            data={
                "csrf": token_in(form.text),
                "then": then,
                "email": practice.email(role),
                "password": PASSWORD,
            },
        )
        assert answer.status_code == 303, answer.text
        self.csrf = token_in((await self.client.get("/")).text)
        return answer

    async def see(self, path: str) -> str:
        """A page that must be there."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:400])
        return answer.text

    async def act(self, path: str, **form: str) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.csrf, **form})


@asynccontextmanager
async def window(app: Litestar) -> AsyncIterator[Window]:
    """A browser on the application, in this process."""
    transport = httpx.ASGITransport(
        cast("Any", app), raise_app_exceptions=False, client=("203.0.113.7", 40000)
    )
    async with httpx.AsyncClient(
        transport=transport, base_url="http://clinic.test", headers={"accept": "text/html"}
    ) as client:
        yield Window(client)


def token_in(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None, html[:400]
    return unescape(found[1])


def words_of(html: str) -> str:
    """What is read on a page: tags away, blanks as one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows_of(html: str) -> list[str]:
    """The words of each row of the triage list."""
    return [words_of(part) for part in html.split('<li class="row ')[1:]]


def alert_ids(html: str) -> list[str]:
    return re.findall(r'data-row="([0-9a-f-]+)"', html)


def as_sent(html: str, action: str) -> dict[str, str]:
    """The fields of a form as a browser sends them back unchanged: what stands in boxes, and what is chosen."""
    form = html.split(f'action="{action}"', 1)[1].split("</form>", 1)[0]
    fields = dict(re.findall(r'<input [^>]*?name="([^"]+)" value="([^"]*)"', form))
    for name, choices in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        fields[name] = "".join(re.findall(r'<option value="([^"]*)" selected>', choices))
    return fields
