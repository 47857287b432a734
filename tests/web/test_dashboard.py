"""The dashboard on a real database: every page through its address, filled by the services and read as staff read it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from aftercare.api.app import create_app
from aftercare.api.who import COOKIE, FORGET
from aftercare.db.pool import Connection, Database
from aftercare.model.words import AlertState, Outcome, Role
from aftercare.services import audit, dashboard_lists, enrolments
from aftercare.services.house import House
from aftercare.store import audit as audit_store
from aftercare.store import call_list, episodes
from aftercare.store.call_list import CallListRow
from aftercare.web import render, visits
from aftercare.web.controllers import WEB_CONTROLLERS
from tests.web.practice import (
    WEDNESDAY,
    Clock,
    Practice,
    Window,
    rows_of,
    token_in,
    window,
    words_of,
)

HOSTILE = "<img src=x onerror=alert(1)>\"'"


# The door


async def test_whoever_signs_in_goes_on_to_where_they_were(app: Litestar, practice: Practice) -> None:
    async with window(app) as browser:
        answer = await browser.sign_in(practice, then="/call-list")
        assert answer.headers["location"] == "/call-list"
        kept = [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{COOKIE}=")]
        assert "HttpOnly" in kept[0]
        assert "SameSite=lax" in kept[0]
        assert "Harbour Clinic" in await browser.see("/")


@pytest.mark.parametrize(
    "then", ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/\t/x", ""]
)
async def test_nobody_is_led_away_by_the_way_in(app: Litestar, practice: Practice, then: str) -> None:
    async with window(app) as browser:
        assert (await browser.sign_in(practice, then=then)).headers["location"] == "/"


async def test_a_wrong_password_is_said_in_the_form_and_the_address_stays(
    app: Litestar, practice: Practice
) -> None:
    async with window(app) as browser:
        door = await browser.see("/sign-in/harbour")
        form = {"csrf": token_in(door), "email": "practitioner@harbour.invalid", "password": "wrong"}
        answer = await browser.client.post("/sign-in/harbour", data=form)
        assert answer.status_code == 401
        assert "E-mail or password is not right." in words_of(answer.text)
        assert 'value="practitioner@harbour.invalid"' in answer.text
        assert "wrong" not in answer.text
        for _ in range(5):
            answer = await browser.client.post("/sign-in/harbour", data=form)
        answer = await browser.client.post("/sign-in/harbour", data=form)
        assert answer.status_code == 429
        assert "Sign-in waits for" in words_of(answer.text)


async def test_a_sign_in_form_of_another_site_is_refused(app: Litestar, practice: Practice) -> None:
    async with window(app) as browser:
        form = {"email": practice.email(Role.PRACTITIONER), "password": "x", "csrf": "a-guess"}
        answer = await browser.client.post("/sign-in/harbour", data=form)
        assert answer.status_code == 403
        assert COOKIE not in browser.client.cookies


async def test_a_page_asks_for_the_sign_in_of_the_clinic_that_the_browser_knows(
    app: Litestar, practice: Practice, clock: Clock
) -> None:
    async with window(app) as browser:
        unknown = await browser.client.get("/call-list?x=1")
        assert unknown.status_code == 401
        assert "/sign-in/" in words_of(unknown.text)
        await browser.sign_in(practice)
        clock.move(hours=13)
        answer = await browser.client.get("/call-list?x=1")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in/harbour?then=/call-list%3Fx%3D1&ended=1"
        assert "no longer signed in" in await browser.see(answer.headers["location"])


async def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(
    practitioner: Window, clock: Clock
) -> None:
    clock.move(hours=13)
    shown = {"hx-request": "true", "hx-current-url": "http://clinic.test/call-list"}
    answer = await practitioner.client.get("/fragments/triage", headers=shown)
    assert answer.headers["hx-redirect"] == "/sign-in/harbour?then=/call-list&ended=1"


async def test_signing_out_ends_the_sign_in_at_once(practitioner: Window) -> None:
    token = practitioner.client.cookies[COOKIE]
    answer = await practitioner.act("/sign-out")
    assert answer.headers["location"] == "/sign-in/harbour"
    practitioner.client.cookies.set(COOKIE, token)
    assert (await practitioner.client.get("/")).status_code == 303


def test_pages_and_api_read_the_same_cookie() -> None:
    assert visits.COOKIE == COOKIE
    assert visits.FORGET == FORGET


# The list and the five-second view


async def test_the_list_is_most_urgent_first_and_what_waits_for_nobody_is_last(
    practice: Practice, practitioner: Window
) -> None:
    reached = await practice.treated("Sample Beech", days_ago=0)
    await practice.says(reached, breathing_or_tongue=True)
    calm = await practice.alert_of(reached)
    await practitioner.act(f"/alerts/{calm.id}/contact", text="Called an ambulance, stayed on the line.")
    await practice.says(await practice.treated("Sample Cedar", days_ago=8), white_bumps=True)
    await practice.prodrome()
    await practice.says(await practice.treated("Sample Birch", days_ago=0), breathing_or_tongue=True)
    html = await practitioner.see("/")
    names = [re.search(r"Sample \w+", row)[0] for row in rows_of(html)]  # type: ignore[index]
    assert names == ["Sample Birch", "Sample Alder", "Sample Cedar", "Sample Beech"]
    assert html.index("to be resolved") < html.index("Sample Beech")


async def test_the_first_five_seconds_say_who_what_when_and_what_to_mind(
    practice: Practice, practitioner: Window
) -> None:
    alert_id = (await practice.prodrome()).id
    said = words_of(await practitioner.see(f"/alerts/{alert_id}"))
    for part in (
        "Sample Alder",
        "A-17",
        "day 3 after needling 1.5 mm",
        "Tingling at the lips",
        "2 h left",
        "had cold sores",
        "allergy: lidocaine",
        "no prophylaxis",
        "nobody yet",
        "a carer",
        "Patient was shown",
        "Call Sample Alder, +44 20 7946 0000",
    ):
        assert part in said, part
    assert "Nobody watches this all the time" not in said  # the patient's own words of a quiet day
    row = rows_of(await practitioner.see("/"))[0]
    assert "Tingling at the lips" in row
    assert "tingling on day 1: no" in row


async def test_what_arrived_late_is_said_to_be_late(
    practice: Practice, practitioner: Window, clock: Clock
) -> None:
    patient = await practice.treated("Sample Alder")
    await practice.says(patient, tingling=True, days_on_the_way=2)
    clock.move(days=2)
    await practitioner.sign_in(practice)
    assert "reported Wednesday, arrived Friday" in words_of(await practitioner.see("/"))


async def test_what_was_said_before_any_session_stands_in_the_list_too(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Dogwood")
    await practice.says(patient, breathing_or_tongue=True)
    assert "before any session" in rows_of(await practitioner.see("/"))[0]
    assert "before any session" in words_of(
        await practitioner.see(f"/alerts/{(await practice.alert_of(patient)).id}")
    )
    assert "No session yet" in words_of(await practitioner.see(f"/patients/{patient.patient_id}"))


async def test_an_empty_list_says_how_many_are_watched(practice: Practice, practitioner: Window) -> None:
    await practice.treated("Sample Alder")
    assert "1 in recovery." in words_of(await practitioner.see("/"))


# A patient's page


async def test_a_patients_page_draws_the_curve_over_its_band_and_leaves_the_gap_open(
    practice: Practice, practitioner: Window
) -> None:
    alert = await practice.prodrome()
    html = await practitioner.see(f"/patients/{alert.patient_id}")
    pain = re.search(r'<svg class="chart"[^>]*aria-label="Pain: ([^"]+)"(.*?)</figure>', html, re.DOTALL)
    assert pain is not None
    assert pain[1] == "day 0 no check-in; day 1 mild; day 2 no check-in; day 3 mild"
    assert 'class="band"' in pain[2]
    assert pain[2].count('class="missed"') == 2
    assert 'class="line"' not in pain[2]  # never across the day that stayed unanswered
    assert "title>Day 3: mild; expected up to mild" in pain[2]
    said = words_of(html)
    for part in ("session 1 of 4", "Course held.", "Tingling at the lips", "Same day", "next due"):
        assert part in said, part


async def test_a_confirmed_condition_holds_the_course_until_a_practitioner_ends_it(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    alert = await practice.prodrome()
    alert_id, page = alert.id, f"/patients/{alert.patient_id}"
    await practitioner.act(
        f"/alerts/{alert_id}/resolve", outcome="confirmed", text="Cold sore; antiviral begun."
    )
    assert "Course held." in words_of(await practitioner.see(page))
    assert "End: course may go on" not in words_of(await coordinator.see(page))
    assert "End: course may go on" in words_of(await practitioner.see(page))
    assert "What was seen" in words_of(
        await practitioner.see(f"/alerts/{alert_id}/end_condition?back={page}")
    )
    ended = await practitioner.act(
        f"/alerts/{alert_id}/end_condition", back=page, text="Crusts have fallen off."
    )
    said = words_of(await practitioner.see(ended.headers["location"]))
    assert "Ended. It no longer holds the course." in said
    assert "Course held." not in said
    assert "Crusts have fallen off." in said


async def test_what_was_written_is_shown_as_it_was_written(practice: Practice, practitioner: Window) -> None:
    patient = await practice.treated(HOSTILE, reference=HOSTILE, medicines=HOSTILE)
    await practice.says(patient, tingling=True, note=f"Is this normal? {HOSTILE}")
    alert_id, patient_id = (await practice.alert_of(patient)).id, patient.patient_id
    await practitioner.act(f"/alerts/{alert_id}/note", text=HOSTILE)
    for path in (
        "/",
        f"/alerts/{alert_id}",
        f"/patients/{patient_id}",
        "/patients",
        f"/alerts/{alert_id}/resolve",
    ):
        html = await practitioner.see(path)
        assert "<img src=x" not in html, path
        assert HOSTILE in words_of(html.replace("&lt;", "\ue000")).replace("\ue000", "<"), path
    assert "Is this normal?" in words_of(await practitioner.see(f"/patients/{patient_id}"))


async def test_photos_stand_on_the_axis_and_open_beside_their_neighbours(
    practice: Practice, practitioner: Window
) -> None:
    patient_id = (await practice.prodrome()).patient_id
    other = await practice.treated("Sample Birch")
    photo_ids = [await practice.sends_photo(patient_id, days_ago=days) for days in (2, 0)]
    older, newer = (f"/patients/{patient_id}/photos/{photo_id}" for photo_id in photo_ids)
    assert newer in await practitioner.see("/")
    html = await practitioner.see(f"/patients/{patient_id}")
    strip = html.split('aria-label="Photos, other view"')[1]
    assert strip.index(older) < strip.index(newer)
    large = await practitioner.see(newer)
    assert f'href="{older}"' in large
    assert "day 3 after needling 1.5 mm" in words_of(large)
    picture_path = re.search(r'class="photo-large" src="([^"]+)"', large)
    assert picture_path is not None
    assert (await practitioner.client.get(picture_path[1])).headers["content-type"] == "image/jpeg"
    stranger = await practitioner.client.get(f"/patients/{other.patient_id}/photos/{photo_ids[0]}")
    assert stranger.status_code == 404


# Acts


async def test_whoever_takes_an_alert_has_it_and_the_next_person_is_told_who(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    alert_id = (await practice.prodrome()).id
    taken = await coordinator.act(f"/alerts/{alert_id}/acknowledge", back="/?whose=nobody")
    assert taken.status_code == 303
    assert taken.headers["location"] == f"/?whose=nobody&done=acknowledge&about={alert_id}"
    assert "Sample Alder: You have it." in words_of(await coordinator.see(taken.headers["location"]))
    assert "You have it. Undo" not in words_of(await coordinator.see("/"))
    row = rows_of(await practitioner.see("/"))[0]
    assert "Coordinator One taken" in row
    assert "4 h left" in row
    second = await practitioner.act(f"/alerts/{alert_id}/acknowledge")
    assert "Somebody else has this alert." in words_of(await practitioner.see(second.headers["location"]))
    assert (await practice.now_is(alert_id)).owner == practice.team[Role.COORDINATOR].id
    await practitioner.act(f"/alerts/{alert_id}/take_over")
    assert (await practice.now_is(alert_id)).owner == practice.team[Role.PRACTITIONER].id


async def test_an_alert_is_reached_resolved_and_opened_again(
    practice: Practice, practitioner: Window
) -> None:
    alert_id = (await practice.prodrome()).id
    await practitioner.act(f"/alerts/{alert_id}/attempt")
    assert "called once, no answer" in rows_of(await practitioner.see("/"))[0]
    await practitioner.act(f"/alerts/{alert_id}/contact", text="Antiviral today, photo tomorrow.")
    assert "Antiviral today, photo tomorrow." in words_of(await practitioner.see(f"/alerts/{alert_id}"))
    question = words_of(await practitioner.see(f"/alerts/{alert_id}/resolve?back=/"))
    assert "Resolve for Sample Alder" in question
    done = await practitioner.act(f"/alerts/{alert_id}/resolve", outcome="expected_course", text="Healed.")
    html = await practitioner.see(done.headers["location"])
    assert "Sample Alder: Resolved. Undo" in words_of(html)
    after = await practice.now_is(alert_id)
    assert (after.state, after.outcome) == (AlertState.RESOLVED, Outcome.EXPECTED_COURSE)
    undo = re.search(r'action="(/alerts/[^"]+/reopen)"', html)
    assert undo is not None
    await practitioner.act(undo[1])
    assert (await practice.now_is(alert_id)).state is AlertState.OPEN


async def test_a_snooze_offers_only_times_that_are_allowed(practice: Practice, practitioner: Window) -> None:
    alert_id = (await practice.prodrome()).id
    question = await practitioner.see(f"/alerts/{alert_id}/snooze")
    offered = re.findall(r'name="until" value="([^"]+)"', question)
    assert offered[-1] == (WEDNESDAY + timedelta(hours=2)).isoformat()
    await practitioner.act(f"/alerts/{alert_id}/snooze", until=offered[0].replace("&#43;", "+"))
    assert (await practice.now_is(alert_id)).snoozed_until == WEDNESDAY + timedelta(minutes=30)
    assert "until 10:30" in rows_of(await practitioner.see("/"))[0]


async def test_what_was_written_is_not_lost_when_an_act_is_refused(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    alert_id = (await practice.prodrome()).id
    await practitioner.act(f"/alerts/{alert_id}/resolve", outcome="false_alarm")
    answer = await coordinator.act(f"/alerts/{alert_id}/contact", text="Spoke for ten minutes.")
    assert answer.status_code == 409
    assert "already resolved" in words_of(answer.text)
    assert ">Spoke for ten minutes.</textarea>" in answer.text


async def test_a_coordinator_cannot_resolve_what_must_be_seen_the_same_day(
    practice: Practice, coordinator: Window
) -> None:
    alert_id = (await practice.prodrome()).id
    assert f"/alerts/{alert_id}/resolve" not in await coordinator.see(f"/alerts/{alert_id}")
    answer = await coordinator.act(f"/alerts/{alert_id}/resolve", outcome="false_alarm")
    assert "Only a practitioner may do this." in words_of(await coordinator.see(answer.headers["location"]))
    assert (await practice.now_is(alert_id)).state is AlertState.OPEN


async def test_an_act_without_the_pages_own_token_is_refused(
    practice: Practice, practitioner: Window
) -> None:
    alert_id = (await practice.prodrome()).id
    for token in ("", "a-guess", practitioner.csrf[:-1]):
        answer = await practitioner.client.post(
            f"/alerts/{alert_id}/acknowledge", data={"csrf": token, "back": "/"}
        )
        assert answer.status_code == 403
    assert (await practice.now_is(alert_id)).state is AlertState.OPEN
    assert (await practitioner.client.post("/sign-out", data={"csrf": "a-guess"})).status_code == 403


async def test_an_act_returns_only_to_our_own_pages_and_no_sentence_comes_from_the_address(
    practice: Practice, practitioner: Window
) -> None:
    alert_id = (await practice.prodrome()).id
    answer = await practitioner.act(f"/alerts/{alert_id}/attempt", back="//elsewhere.example/")
    assert answer.headers["location"] == f"/?done=attempt&about={alert_id}"
    said = await practitioner.see("/?done=Your+account+is+locked&refused=Call+us&about=nobody")
    assert 'class="notice' not in said


async def test_an_admin_sees_the_list_but_works_on_nothing(app: Litestar, practice: Practice) -> None:
    alert_id = (await practice.prodrome()).id
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        html = await admin.see("/")
        assert "Sample Alder" in html
        assert f"/alerts/{alert_id}/acknowledge" not in html
        assert (await admin.act(f"/alerts/{alert_id}/acknowledge")).status_code == 403
        assert (await admin.client.get("/patients")).status_code == 403


async def test_another_clinics_pages_are_not_there(
    app: Litestar, practice: Practice, house: House, clock: Clock
) -> None:
    alert = await practice.prodrome()
    alert_id, patient_id = alert.id, alert.patient_id
    quay = await Practice(house, clock, "quay").begin()
    async with window(app) as stranger:
        await stranger.sign_in(quay)
        for path in (
            f"/alerts/{alert_id}",
            f"/alerts/{alert_id}/resolve",
            f"/patients/{patient_id}",
            f"/patients/{patient_id}/photos/{uuid4()}",
        ):
            answer = await stranger.client.get(path)
            assert answer.status_code == 404, path
            assert "Sample Alder" not in answer.text
        assert (await stranger.act(f"/alerts/{alert_id}/acknowledge")).status_code == 404
        assert (await stranger.act(f"/patients/{patient_id}/invitations")).status_code == 404
        assert "Sample Alder" not in (await stranger.act("/patients/search", q="sample")).text
    assert (await practice.now_is(alert_id)).state is AlertState.OPEN


# People


async def test_patients_are_found_by_the_beginnings_of_name_and_number(
    practice: Practice, practitioner: Window
) -> None:
    await practice.prodrome()
    await practice.treated("Sample Birch", reference="B-2")
    for query, found in (("ald", True), ("A-17", True), ("bir", False)):
        answer = await practitioner.act("/patients/search", q=query)
        assert (answer.status_code, "Sample Alder" in answer.text) == (200, found)
    everyone = words_of(await practitioner.see("/patients"))
    assert "Sample Alder A-17" in everyone
    assert "day 3 after needling 1.5 mm last check-in 10:00 Same day" in everyone


async def test_the_list_of_patients_goes_on_where_a_page_ends(
    practice: Practice, practitioner: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Alder", "Birch", "Cedar"):
        await practice.untreated(f"Sample {name}")
        practice.clock.move(microseconds=1)
    monkeypatch.setattr(dashboard_lists, "PAGE", 2)
    path, seen = "/patients", []
    while True:
        html = await practitioner.see(path)
        seen += re.findall(r"Sample \w+(?=</a>)", html)
        more = re.search(r'class="button" href="(/patients\?before[^"]+)"', html)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
    assert seen == ["Sample Cedar", "Sample Birch", "Sample Alder"]


async def test_who_went_quiet_is_rung_and_leaves_the_list(practice: Practice, coordinator: Window) -> None:
    patient = await practice.treated("Sample Elm", reference="E-5")
    async with practice.house.database.clinic(practice.clinic_id) as db:
        episode = (await episodes.newest_of(db, practice.clinic_id, [patient.patient_id]))[patient.patient_id]
        row = CallListRow(
            episode_id=episode.episode_id, day=2, patient_id=patient.patient_id, missed=(1, 2), reason="-", added_at=WEDNESDAY
        )  # fmt: skip
        await call_list.add(db, practice.clinic_id, row)
    assert "1 to call" in words_of(await coordinator.see("/"))
    html = await coordinator.see("/call-list")
    said = words_of(html)
    assert (
        "Sample Elm E-5 day 3 after needling 1.5 mm No check-in on days 1 and 2. The reminder never left."
        in said
    )
    done = re.search(r'action="(/call-list/[^"]+/done)"', html)
    assert done is not None
    answer = await coordinator.act(done[1])
    said = words_of(await coordinator.see(answer.headers["location"]))
    assert "Noted: rung. Off the list." in said
    assert "Sample Elm" not in said


async def test_an_invitation_is_shown_once_and_lets_the_phone_in(
    practice: Practice, coordinator: Window
) -> None:
    patient = await practice.treated("Sample Fir")
    answer = await coordinator.act(f"/patients/{patient.patient_id}/invitations")
    assert answer.status_code == 201
    assert "<svg" in answer.text.split('class="qr"')[1]
    code = re.search(r'class="code">([^<]+)<', answer.text)
    assert code is not None
    enrolment = enrolments.Enrolment(code=code[1], installation_id=uuid4())
    tokens = await enrolments.enrol(practice.house.database, enrolment, address="-", now=practice.clock())
    assert tokens.access_token
    assert code[1] not in await coordinator.see(f"/patients/{patient.patient_id}")


# What holds for every page


async def test_no_page_is_kept_and_none_loads_from_elsewhere(
    practice: Practice, practitioner: Window
) -> None:
    alert = await practice.prodrome()
    alert_id, patient_id = alert.id, alert.patient_id
    for path in ("/", "/fragments/triage", f"/alerts/{alert_id}", f"/patients/{patient_id}", "/patients", "/call-list", "/sign-in/harbour", "/nothing"):  # fmt: skip
        headers = (await practitioner.client.get(path)).headers
        assert headers["content-security-policy"] == render.CONTENT_SECURITY_POLICY, path
        assert headers["cache-control"] == "no-store", path
        assert headers["content-type"] == "text/html; charset=utf-8", path


@pytest.mark.skipif(
    not (render.ASSETS / "aftercare.css").is_file(), reason="front end not built: `npx vite build`"
)
async def test_assets_are_public_and_kept_for_ever(app: Litestar) -> None:
    async with window(app) as browser:
        answer = await browser.client.get(render.asset("aftercare.css"))
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        for name in ("render.py", "..%2Frender.py", "%2e%2e/render.py"):
            assert (await browser.client.get(f"/assets/{name}")).status_code == 404


async def test_what_is_not_there_is_a_page_for_browsers_and_a_problem_for_programs(
    practitioner: Window,
) -> None:
    for path in (
        "/nothing",
        "/alerts/not-an-id",
        f"/alerts/{uuid4()}/explode",
        "/alerts/a/b/c",
        "/alerts/a/b/c/d",
        f"/patients/{uuid4()}/nothing",
        "/patients/a/b/c",
        f"/patients/{uuid4()}/photos/{uuid4()}/more",
        "/call-list/a/b/c/d",
        "/sign-in/harbour/further",
        f"/patients/{uuid4()}",
        "/?whose=theirs",
    ):
        answer = await practitioner.client.get(path)
        assert answer.status_code == 404, path
        assert "<h1>" in answer.text, path
    for path in ("/nothing", "/v1/nothing", "/alerts/a/b/c"):
        answer = await practitioner.client.get(path, headers={"accept": "application/json"})
        assert answer.headers["content-type"] == "application/problem+json"


async def test_whatever_is_sent_as_a_form_is_answered(practice: Practice, practitioner: Window) -> None:
    path = f"/alerts/{(await practice.prodrome()).id}/resolve"
    bodies: list[dict[str, Any]] = [
        {"json": {"csrf": practitioner.csrf}},
        {"content": b"csrf=%ff%fe", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"data": {"csrf": practitioner.csrf, "outcome": "miracle"}},
        {"data": {"csrf": practitioner.csrf, "text": "\x00", "outcome": "confirmed"}},
        {"data": {f"field{n}": "x" for n in range(50)}},
    ]
    for body in bodies:
        answer = await practitioner.client.post(path, **body)
        assert answer.status_code == 422, body
        assert "<h1>" in answer.text
    assert (
        await practitioner.act(path)
    ).status_code == 303  # without an outcome it asks again, where it was asked


async def test_each_read_of_patient_data_is_on_record(
    practice: Practice, practitioner: Window, worker: Database
) -> None:
    alert = await practice.prodrome()
    alert_id, patient_id = alert.id, alert.patient_id
    await audit.seal(worker)
    async with worker.clinic(practice.clinic_id) as db:
        before = await audit_store.newest_number(db, practice.clinic_id)
    for path in ("/", f"/alerts/{alert_id}", f"/patients/{patient_id}", "/patients", "/call-list"):
        await practitioner.see(path)
    await audit.seal(worker)
    async with worker.clinic(practice.clinic_id) as db:
        entries = await audit_store.sealed_after(db, practice.clinic_id, before, 100)
    assert [(entry.action, entry.patient_id) for entry in entries] == [
        ("triage.seen", None),
        ("alert.seen", patient_id),
        ("patient.seen", patient_id),
        ("patients.listed", None),
        ("call_list.seen", None),
    ]
    assert {entry.actor_id for entry in entries} == {practice.team[Role.PRACTITIONER].id}


class Counting(Database):
    """The database, counting what is asked of it."""

    asked = 0

    @asynccontextmanager
    async def clinic(self, clinic_id: UUID) -> AsyncIterator[Connection]:
        async with super().clinic(clinic_id) as db:
            with db.query_logger(lambda _: setattr(self, "asked", self.asked + 1)):
                yield db


async def test_a_page_asks_as_much_for_many_rows_as_for_one(house: House, practice: Practice) -> None:
    counting = Counting(house.database.url, role="aftercare_service", size=2)
    await counting.open()
    app = create_app(replace(house, database=counting), more=WEB_CONTROLLERS)
    asked: dict[str, list[int]] = {path: [] for path in ("/", "/patients", "/call-list")}
    async with window(app) as browser:
        await browser.sign_in(practice)
        for names in (("Alder",), ("Birch", "Cedar", "Dogwood", "Elm")):
            for name in names:
                await practice.prodrome(f"Sample {name}")
            for path, counts in asked.items():
                await browser.see(path)  # each connection prepares a statement once
                counting.asked = 0
                await browser.see(path)
                counts.append(counting.asked)
    await counting.close()
    for path, (few, many) in asked.items():
        assert few == many > 0, path
