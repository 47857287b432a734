"""A patient's reminders on a page: what it says, what it takes, and what it keeps of what was typed."""

from datetime import timedelta

from tests.web.practice import Practice, Window, words_of


async def test_a_pause_is_written_down_with_its_end_and_ends(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    here = f"/patients/{patient.patient_id}/reminders"
    assert "is reminded of each check-in, once a day" in words_of(await practitioner.see(here))
    until = (practice.clock() + timedelta(days=9)).date()
    done = await practitioner.act(
        here, state="paused", until=until.isoformat(), reminder_at="19:30", version="0", times="0"
    )
    assert done.status_code == 303, done.text
    assert "Written down." in words_of(await practitioner.see(done.headers["location"]))
    page = await practitioner.see(here)
    assert "No reminders until" in words_of(page)
    assert 'value="19:30"' in page
    ended = await practitioner.act(here, state="on", reminder_at="19:30", version="1", times="1")
    assert ended.status_code == 303, ended.text
    assert "is reminded of each check-in" in words_of(await practitioner.see(here))


async def test_what_cannot_be_is_said_and_what_was_typed_stays(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    here = f"/patients/{patient.patient_id}/reminders"
    for typed, said in (
        ({"state": "paused", "until": ""}, "Say until when for a pause"),
        ({"state": "paused", "until": "2199-01-01"}, "within the next 90 days"),
        ({"state": "on", "reminder_at": "05:00"}, "from 07:00 to 21:00"),
        ({"state": "sometimes"}, "Choose whether reminders come"),
    ):
        wrong = await practitioner.act(here, version="0", times="0", **typed)
        assert wrong.status_code == 422, typed
        assert said in words_of(wrong.text)


async def test_a_form_that_somebody_overtook_says_so_and_keeps_what_was_typed(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    here = f"/patients/{patient.patient_id}/reminders"
    first = await practitioner.act(here, state="stopped", version="0", times="0")
    assert first.status_code == 303
    late = await practitioner.act(here, state="paused", until="2026-03-20", version="0", times="0")
    assert late.status_code == 409
    assert "Somebody has changed this while you were writing." in words_of(late.text)
    assert 'value="paused" checked' in late.text
    assert 'value="2026-03-20"' in late.text
    assert "asked for no reminders" in words_of(late.text)
