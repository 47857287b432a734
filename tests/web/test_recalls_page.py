"""The recall list, a patient's courses and the clinic's numbers, as people see and use them."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from litestar import Litestar

from aftercare.model.course_plans import CourseSettingsDraft
from aftercare.model.words import Modality, Role
from aftercare.services import course_plans, courses
from tests.web.practice import Practice, Window, window, words_of


async def course_of(practice: Practice, patient_id: UUID) -> UUID:
    by = practice.team[Role.PRACTITIONER]
    found = await courses.get_courses(practice.house.database, by, patient_id, now=practice.clock())
    return found.courses[0].course_id


async def test_an_empty_list_says_what_will_stand_there(coordinator: Window) -> None:
    page = words_of(await coordinator.see("/recalls"))
    assert "Nobody to call back" in page
    assert "when their next session or their maintenance falls due" in page
    assert "Nobody is overdue" in words_of(await coordinator.see("/recalls?status=overdue"))


async def test_a_row_says_who_since_when_and_why_held_and_what_was_done_is_written_beside_it(
    practice: Practice, coordinator: Window
) -> None:
    late = await practice.treated("Sample Alder", days_ago=50, reference="A-1")
    held = await practice.treated("Sample Birch", days_ago=30)
    await practice.treated("Sample Cedar", days_ago=10)
    await practice.says(held, days_ago=27, tingling=True)
    html = await coordinator.see("/recalls")
    page = words_of(html)
    assert page.index("Sample Alder") < page.index("Sample Birch")
    assert "Sample Cedar" not in page
    assert "Session 2 of 4 overdue by 8 days; was due 10 Feb to 24 Feb" in page
    assert "Held: An alert of the last session is not resolved yet." in page
    assert "A-1" in page
    assert 'href="tel:+442079460000"' in html
    course_id = await course_of(practice, late.patient_id)
    answer = await coordinator.act(f"/recalls/{course_id}/contacts", kind="no_answer", back="/recalls")
    assert answer.status_code == 303, answer.text
    after = words_of(await coordinator.see(answer.headers["location"]))
    assert "Noted: no answer." in after
    assert "10:00 No answer Coordinator One" in after
    day = (practice.clock() + timedelta(days=5)).date().isoformat()
    booked = await coordinator.act(
        f"/recalls/{course_id}/contacts", kind="booked", day=day, text="mornings", back="/recalls"
    )
    assert "Sample Alder" not in words_of(await coordinator.see(booked.headers["location"]))


async def test_what_cannot_be_written_down_stands_there_again_with_the_reason(
    practice: Practice, coordinator: Window
) -> None:
    patient = await practice.treated("Sample Alder", days_ago=50)
    course_id = await course_of(practice, patient.patient_id)
    answer = await coordinator.act(f"/recalls/{course_id}/contacts", kind="booked", text="<b>mornings</b>")
    assert answer.status_code == 422
    assert "Say for which day it is booked" in unescape(answer.text)
    assert "&lt;b&gt;mornings&lt;/b&gt;" in answer.text
    assert re.search(r'value="booked" required checked', answer.text)


async def test_what_was_written_of_a_patient_who_is_not_in_the_list_is_not_lost(
    practice: Practice, coordinator: Window
) -> None:
    patient = await practice.treated("Sample Alder", days_ago=3)
    course_id = await course_of(practice, patient.patient_id)
    answer = await coordinator.act(f"/recalls/{course_id}/contacts", kind="booked", text="mornings")
    assert answer.status_code == 422
    page = words_of(answer.text)
    assert "Not written down: Say for which day it is booked" in page
    assert "What you wrote: “mornings”" in page


async def test_the_list_goes_on_page_by_page(
    practice: Practice, coordinator: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftercare.services.recalls.PAGE", 2)
    for name, days in (("Sample Alder", 60), ("Sample Birch", 50), ("Sample Cedar", 45)):
        await practice.treated(name, days_ago=days)
    first = await coordinator.see("/recalls?status=overdue")
    more = re.search(r'href="(/recalls\?[^"]*after=[^"]*)"', first)
    assert more is not None
    second = words_of(await coordinator.see(unescape(more[1])))
    assert "Sample Cedar" in second
    assert "Sample Alder" not in second


async def test_the_patients_page_draws_the_course_and_says_it_in_a_table(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder", days_ago=30)
    html = await practitioner.see(f"/patients/{patient.patient_id}")
    page = words_of(html)
    assert "Session 2 of 4 due since 2 Mar, until 16 Mar" in page
    assert 'class="sessions-line"' in html
    assert 'class="done"' in html
    assert 'class="due"' in html
    assert "Session 1 of 4 done done 2 Feb" in page
    assert "Maintenance 1 not yet" in page


async def test_a_practitioner_ends_a_course_and_resumes_it_and_a_coordinator_may_not(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    patient = await practice.treated("Sample Alder", days_ago=30)
    path = f"/patients/{patient.patient_id}/courses/{await course_of(practice, patient.patient_id)}"
    assert (await coordinator.act(f"{path}/end", because="declined")).status_code == 403
    assert "End this course" not in await coordinator.see(f"/patients/{patient.patient_id}")
    ended = await practitioner.act(f"{path}/end", because="declined", note="told by telephone")
    page = words_of(await practitioner.see(ended.headers["location"]))
    assert "Course ended." in page
    assert "Ended 4 Mar: declined by the patient." in page
    assert "Nobody to call back" in words_of(await coordinator.see("/recalls"))
    resumed = await practitioner.act(f"{path}/resume")
    assert "Session 2 of 4 due since" in words_of(await practitioner.see(resumed.headers["location"]))


async def test_the_numbers_are_changed_by_practitioner_and_admin_and_what_is_wrong_is_said_at_its_field(
    app: Litestar, practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    assert (await coordinator.client.get("/course-settings")).status_code == 403
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        assert "As shipped: 28 to 42 days" in words_of(await admin.see("/course-settings"))
        typed = {
            "version": "0",
            "min_days": "27",
            "max_days": "x",
            "fewest_sessions": "4",
            "most_sessions": "6",
            "maintenance_from_months": "6",
            "maintenance_to_months": "12",
        }
        wrong = await admin.act("/course-settings/microneedling", **typed)
        assert wrong.status_code == 422
        assert "Write a whole number from 28 to 180." in wrong.text
        assert "Write a whole number from 28 to 366." in wrong.text
        assert 'value="27"' in wrong.text
        saved = await admin.act(
            "/course-settings/microneedling", **typed | {"min_days": "30", "max_days": "40"}
        )
        assert "Saved, for courses planned from now on." in words_of(
            await admin.see(saved.headers["location"])
        )
    # The practitioner's form was opened before that.
    stale = await practitioner.act(
        "/course-settings/microneedling", **typed | {"min_days": "35", "max_days": "40"}
    )
    assert stale.status_code == 412
    assert "Someone changed this since you read it." in stale.text
    crossed = await practitioner.act(
        "/course-settings/laser_genesis", **typed | {"min_days": "50", "max_days": "40"}
    )
    assert "This may not be less than the 50 before it." in crossed.text
    numbers = await course_plans.get_settings(practice.house.database, practice.team[Role.ADMIN])
    assert (numbers[Modality.MICRONEEDLING].min_days, numbers[Modality.LASER_GENESIS].version) == (30, 0)
    assert set(CourseSettingsDraft.__struct_fields__) < set(typed) | {"version"}
