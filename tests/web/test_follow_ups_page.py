"""Follow-ups below an alert, the list of next steps and the scripts, as people see and use them."""

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from aftercare.alerts.scripts import shipped
from aftercare.model.follow_ups import FollowUp
from aftercare.model.words import Code, Role
from aftercare.services import alerts, follow_ups
from tests.web.practice import Practice, Window, window, words_of


@pytest.fixture
async def alert_id(practice: Practice) -> UUID:
    """A cold sore of Sample Alder, same day, that nobody has yet."""
    patient = await practice.treated("Sample Alder", days_ago=3, reference="A-1")
    await practice.says(patient, days_ago=0, tingling=True)
    by = practice.team[Role.PRACTITIONER]
    (found,) = await alerts.list_alerts(
        practice.house.database, by, whose="everyone", offset=0, now=practice.clock()
    )
    return found.id


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None, name
    return unescape(found[1])


def typed(html: str, **said: str) -> dict[str, str]:
    """What the form of the page holds, with what somebody types into it."""
    form = html[html.index('id="follow-up"') :]
    return {name: hidden(form, name) for name in ("follow_up_id", "seen", "script_version")} | said


async def log_of(practice: Practice, alert_id: UUID) -> list[FollowUp]:
    by = practice.team[Role.PRACTITIONER]
    return await follow_ups.list_follow_ups(practice.house.database, by, alert_id, now=practice.clock())


async def test_a_call_is_written_down_by_the_script_and_stands_in_the_log_with_its_next_step(
    practice: Practice, coordinator: Window, alert_id: UUID
) -> None:
    html = await coordinator.see(f"/alerts/{alert_id}")
    page = words_of(html)
    script = shipped(Code.COLD_SORE)
    assert "A shipped default, not yet checked by the clinic." in page
    for line in script.lines:
        assert line in page
    form = typed(
        html,
        kind="call",
        text="Tingles at the lip <b>since noon</b>",
        advised="Not to touch it",
        checked=script.ask[0],
        happened_at="2026-03-04T09:30",
        visit_on="2026-03-05",
        next_step="Ring again",
        next_on="2026-03-04",
        reached="yes",
    )
    saved = await coordinator.act(f"/alerts/{alert_id}/follow-ups", **form)
    assert saved.status_code == 303, saved.text
    # A doubled click.
    assert (await coordinator.act(f"/alerts/{alert_id}/follow-ups", **form)).status_code == 303
    html = await coordinator.see(saved.headers["location"])
    after = words_of(html)
    assert "Written down." in after
    assert after.count("Tingles at the lip <b>since noon</b>") == 1
    assert "<b>since noon" not in html
    for said in ("09:30 Call", "Advised: Not to touch it", "Visit: 5 Mar", "Next, by 4 Mar: Ring again"):
        assert said in after
    assert f"✓ {script.ask[0]}" in after or f"<li>{script.ask[0]}</li>" in unescape(html)
    assert "Contacted · Coordinator One" in after
    # The nav counts what is due.
    assert re.search(r"Next steps 1 due", after)


async def test_a_next_step_is_done_with_one_tap_and_taken_back_with_another(
    practice: Practice, coordinator: Window, practitioner: Window, alert_id: UUID
) -> None:
    html = await coordinator.see(f"/alerts/{alert_id}")
    form = typed(html, kind="note", text="x", next_step="Ring again", next_on="2026-03-04")
    await coordinator.act(f"/alerts/{alert_id}/follow-ups", **form)
    listed = await practitioner.see("/next-steps")
    assert "Due today 1 Sample Alder A-1 Ring again" in words_of(listed)
    assert "from Coordinator One" in words_of(listed)
    assert "Nothing of yours to do" in words_of(await practitioner.see("/next-steps?whose=mine"))
    done = re.search(r'action="(/alerts/[^"]*/follow-ups/[^"]*/done)"', listed)
    assert done is not None
    answer = await practitioner.act(done[1], back="/next-steps?whose=everyone")
    after = await practitioner.see(answer.headers["location"])
    assert "Done. Off the list." in words_of(after)
    assert "Nothing to do yet" in words_of(after)
    undo = re.search(r'action="(/alerts/[^"]*/undone)"', after)
    assert undo is not None
    back = await practitioner.act(undo[1], back="/next-steps")
    assert "Ring again" in words_of(await practitioner.see(back.headers["location"]))


async def test_steps_stand_by_their_day_and_overdue_ones_first(
    practice: Practice, coordinator: Window, alert_id: UUID
) -> None:
    html = await coordinator.see(f"/alerts/{alert_id}")
    for words, day in (("Later", "2026-03-09"), ("First", "2026-03-04")):
        form = typed(html, kind="note", text="x", next_step=words, next_on=day) | {
            "follow_up_id": str(uuid4())
        }
        assert (await coordinator.act(f"/alerts/{alert_id}/follow-ups", **form)).status_code == 303
    practice.clock.move(days=1)
    await coordinator.sign_in(practice, Role.COORDINATOR)
    page = words_of(await coordinator.see("/next-steps"))
    assert page.index("Overdue 1") < page.index("First") < page.index("Coming 1") < page.index("Later")
    assert "since 4 Mar" in page
    assert "Later" not in words_of(await coordinator.see("/next-steps?when=overdue"))
    assert "overdue" in words_of(await coordinator.see(f"/alerts/{alert_id}"))


async def test_what_cannot_be_kept_stands_there_again_with_the_reason_at_its_field(
    coordinator: Window, alert_id: UUID, practice: Practice
) -> None:
    html = await coordinator.see(f"/alerts/{alert_id}")
    line = shipped(Code.COLD_SORE).ask[0]
    form = typed(html, kind="call", text="<i>kept</i>", next_step="Ring", checked=line)
    answer = await coordinator.act(f"/alerts/{alert_id}/follow-ups", **form)
    assert answer.status_code == 422
    assert "A next step needs both" in unescape(answer.text)
    assert "&lt;i&gt;kept&lt;/i&gt;" in answer.text
    assert re.search(rf'value="{re.escape(line)}" checked', unescape(answer.text))
    unread = await coordinator.act(f"/alerts/{alert_id}/follow-ups", **form | {"next_on": "soon"})
    assert unread.status_code == 422
    assert await log_of(practice, alert_id) == []


async def test_what_rose_since_the_page_was_read_is_not_reached_by_its_form(
    practice: Practice, coordinator: Window, practitioner: Window, alert_id: UUID
) -> None:
    html = await coordinator.see(f"/alerts/{alert_id}")
    form = typed(html, kind="call", text="Spoke", reached="yes") | {"seen": "soon"}
    answer = await coordinator.act(f"/alerts/{alert_id}/follow-ups", **form)
    assert answer.status_code == 409
    assert "The alert has changed: it is now same day." in unescape(answer.text)
    stale = await practitioner.act(
        f"/alerts/{alert_id}/resolve", outcome="false_alarm", seen="soon", back="/"
    )
    assert "more urgent since you read it" in words_of(await practitioner.see(stale.headers["location"]))
    assert (await practice.now_is(alert_id)).unresolved
    ended = await practitioner.act(
        f"/alerts/{alert_id}/resolve", outcome="false_alarm", seen="same_day", back="/"
    )
    assert ended.status_code == 303
    assert not (await practice.now_is(alert_id)).unresolved


async def test_the_log_says_why_something_joined_was_held_or_told(
    practice: Practice, practitioner: Window, alert_id: UUID
) -> None:
    page = words_of(await practitioner.see(f"/alerts/{alert_id}"))
    assert "Raised as same day" in page
    assert "Nothing of this kind was open." in page


async def test_a_practitioner_writes_a_script_and_others_read_it(
    app: Litestar, practitioner: Window, coordinator: Window, practice: Practice
) -> None:
    listed = words_of(await coordinator.see("/scripts"))
    assert listed.count("Shipped default, to be checked") == len(Code)
    assert "<textarea" not in await coordinator.see("/scripts/burn")
    assert (await coordinator.act("/scripts/burn", version="0", ask="Where?")).status_code == 403
    empty = await practitioner.act("/scripts/burn", version="0")
    assert (empty.status_code, "at least one line" in empty.text) == (422, True)
    long = await practitioner.act("/scripts/burn", version="0", ask="x" * 301)
    assert (long.status_code, "at most 300 characters" in long.text) == (422, True)
    saved = await practitioner.act(
        "/scripts/burn", version="0", ask="Where?\n\nSince when?", send_on="An eye: at once."
    )
    assert saved.status_code == 303, saved.text
    page = words_of(await practitioner.see(saved.headers["location"]))
    assert "Version 1 of this clinic." in page
    assert "Version 1, 10:00 by Practitioner One" in page
    assert shipped(Code.BURN).ask[0] in page  # what it was before
    stale = await practitioner.act("/scripts/burn", version="0", ask="Another?")
    assert (stale.status_code, "A colleague changed this script" in unescape(stale.text)) == (412, True)
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        assert "Practitioners change scripts." in await admin.see("/scripts/burn")
        assert (await admin.client.get("/next-steps")).status_code == 403
        assert "Next steps" not in words_of(await admin.see("/"))


async def test_an_admin_sees_an_alert_and_no_form(app: Litestar, practice: Practice, alert_id: UUID) -> None:
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        assert 'id="follow-up"' not in await admin.see(f"/alerts/{alert_id}")
        refused = await admin.act(f"/alerts/{alert_id}/follow-ups", kind="note", text="x")
        assert refused.status_code == 403
