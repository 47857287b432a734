"""The inbox, a conversation and the templates, as people see and use them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from aftercare.model.patient_messages import MessageDraft, ReadDraft, TemplateDraft
from aftercare.model.people import Actor
from aftercare.model.words import Role
from aftercare.services import message_templates, messages
from tests.web.practice import Practice, Window, window, words_of


async def writes(practice: Practice, patient_id: UUID, text: str, *photos: UUID) -> UUID:
    actor = Actor(clinic_id=practice.clinic_id, kind="patient", id=patient_id)
    now, message_id = practice.clock(), uuid4()
    draft = MessageDraft(text=text, photos=list(photos), written_at=now, time_zone="Europe/London")
    await messages.send(practice.house.database, actor, message_id, draft, now=now)
    return message_id


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None
    return found[1]


async def test_an_empty_inbox_says_what_will_stand_there(coordinator: Window) -> None:
    assert "What patients write appears here" in words_of(await coordinator.see("/messages"))
    assert "No messages yet" in words_of(await coordinator.see("/messages?which=recent"))


async def test_the_inbox_says_who_waits_since_when_and_what_their_words_raised(
    practice: Practice, coordinator: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    birch = await practice.treated("Sample Birch", days_ago=3)
    await writes(practice, birch.patient_id, "There are blisters on my chin")
    practice.clock.move(minutes=5)
    await writes(practice, alder.patient_id, "May I swim?")
    html = await coordinator.see("/messages")
    page = words_of(html)
    assert page.index("Sample Birch") < page.index("Sample Alder")
    assert "Same day 1 to read , since 10:00 read by tomorrow 10:00" in page
    assert '<span class="nav-count">2<span class="sr"> to read</span></span>' in html
    assert "May I swim" not in html  # the words stand behind a click, whose reading is on record


async def test_a_look_marks_nothing_as_read_and_a_button_does(
    practice: Practice, coordinator: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    await writes(practice, alder.patient_id, "May I <b>swim</b>?")
    path = f"/patients/{alder.patient_id}/messages"
    html = await coordinator.see(path)
    assert "May I &lt;b&gt;swim&lt;/b&gt;?" in html
    assert "not read yet" in words_of(html)
    assert "1 to read" in words_of(await coordinator.see("/messages"))
    answer = await coordinator.act(f"{path}/read", up_to=hidden(html, "up_to"), back="/messages")
    assert (answer.status_code, answer.headers["location"]) == (303, "/messages?done=messages_read")
    after = words_of(await coordinator.see(answer.headers["location"]))
    assert "Noted: read." in after
    assert "Nothing to read" in after
    assert "read by Coordinator One 10:00" in words_of(await coordinator.see(path))


async def test_an_answer_goes_out_once_and_counts_what_was_shown_as_read(
    practice: Practice, practitioner: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    await writes(practice, alder.patient_id, "May I swim?")
    path = f"/patients/{alder.patient_id}/messages"
    html = await practitioner.see(path)
    practice.clock.move(minutes=1)
    later = await writes(practice, alder.patient_id, "It tingles at my lip")
    form = {name: hidden(html, name) for name in ("message_id", "read_up_to")}
    for _ in range(2):  # sent twice by an impatient hand
        sent = await practitioner.act(path, **form, text="From day 7 on.\r\nNot before.", do="send")
        assert sent.status_code == 303, sent.text
    page = await practitioner.see(path)
    assert page.count("From day 7 on.\nNot before.") == 1
    assert re.search(rf'class="theirs unread" id="m-{later}"', page)
    assert page.count("theirs unread") == 1


async def test_what_was_refused_stands_there_again_with_its_words(
    practice: Practice, practitioner: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    path = f"/patients/{alder.patient_id}/messages"
    empty = await practitioner.act(path, message_id=str(uuid4()), text="  ", do="send")
    assert (empty.status_code, "Write something to send." in empty.text) == (422, True)
    long = await practitioner.act(path, message_id=str(uuid4()), text="word " * 900, do="send")
    assert long.status_code == 422
    assert "at most 4000 characters" in long.text
    assert "word word" in long.text


async def test_a_template_is_put_into_what_was_written_and_not_sent(
    practice: Practice, practitioner: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    by = practice.team[Role.PRACTITIONER]
    draft = TemplateDraft(title="Sun", language="en", text="Keep out of the sun.")
    made = await message_templates.create_template(practice.house.database, by, draft, now=practice.clock())
    path = f"/patients/{alder.patient_id}/messages"
    html = await practitioner.see(path)
    assert "Sun (en)" in html
    form = {"message_id": hidden(html, "message_id"), "text": "Good morning.", "do": "insert"}
    again = await practitioner.act(path, **form, template=str(made.template_id))
    assert again.status_code == 200
    assert "Good morning.\n\nKeep out of the sun.</textarea>" in again.text
    assert "Nothing was written yet" in await practitioner.see(path)


@pytest.mark.parametrize(("hours", "asked"), [(0, False), (13, True)])
async def test_by_night_the_page_asks_whether_to_wake_the_patient(
    app: Litestar, practice: Practice, *, hours: int, asked: bool
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    practice.clock.move(hours=hours)
    async with window(app) as browser:
        await browser.sign_in(practice)
        page = words_of(await browser.see(f"/patients/{alder.patient_id}/messages"))
    assert ("Tell them now, at night" in page) == asked
    assert ("before tomorrow 09:00" in page) == asked
    assert "No phone of Sample Alder is connected" in page


async def test_photos_of_a_message_are_shown_by_the_safe_routes(
    practice: Practice, practitioner: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    photo = await practice.sends_photo(alder.patient_id, days_ago=0)
    await writes(practice, alder.patient_id, "", photo, uuid4())
    html = await practitioner.see(f"/patients/{alder.patient_id}/messages")
    assert f'src="/v1/patients/{alder.patient_id}/photos/{photo}/thumbnail"' in html
    assert "1 more photo on the way, or erased" in words_of(html)


async def test_a_long_conversation_goes_on_page_by_page(practice: Practice, practitioner: Window) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    for number in range(51):
        practice.clock.move(seconds=1)
        await writes(practice, alder.patient_id, f"words {number}.")
    html = await practitioner.see(f"/patients/{alder.patient_id}/messages")
    assert "words 50." in html
    assert "words 0." not in html
    earlier = re.search(r'href="([^"]+)">Earlier messages', html)
    assert earlier is not None
    old = await practitioner.see(earlier[1].replace("&amp;", "&"))
    assert "words 0." in old
    assert "I have read" not in old  # what stands on the newest page was not seen here
    assert "Latest messages" in old


async def test_the_patients_page_has_the_newest_messages_beside_the_notes(
    practice: Practice, practitioner: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    await practice.says(alder, days_ago=1, note="a little dry")
    await writes(practice, alder.patient_id, "May I swim?")
    page = words_of(await practitioner.see(f"/patients/{alder.patient_id}"))
    assert page.index("a little dry") < page.index("May I swim?")


@pytest.fixture
async def admin(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as browser:
        await browser.sign_in(practice, Role.ADMIN)
        yield browser


async def test_admins_write_templates_and_read_no_message(practice: Practice, admin: Window) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    for path in ("/messages", f"/patients/{alder.patient_id}/messages"):
        assert (await admin.client.get(path)).status_code == 403
    assert "No templates yet" in words_of(await admin.see("/messages/templates"))
    wrong = await admin.act("/messages/templates", title="Sun", language="en")
    assert wrong.status_code == 422
    assert "Write the words" in wrong.text
    made = await admin.act("/messages/templates", title="Sun", language="en", text="Keep out of the sun.")
    assert made.status_code == 303
    html = await admin.see(made.headers["location"])
    one = re.search(r"edit=([0-9a-f-]{36})", html)
    assert one is not None
    edited = await admin.act(
        f"/messages/templates/{one[1]}", version="1", title="Sun", language="en", text="Use sun cream."
    )
    assert edited.status_code == 303
    stale = await admin.act(
        f"/messages/templates/{one[1]}", version="1", title="Sun", language="en", text="Other words."
    )
    assert (stale.status_code, "Other words." in stale.text) == (412, True)
    ended = await admin.act(f"/messages/templates/{one[1]}/retire", version="2")
    assert ended.status_code == 303
    assert "No templates yet" in words_of(await admin.see("/messages/templates"))


async def test_what_waited_too_long_says_so(practice: Practice, coordinator: Window) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    message = await writes(practice, alder.patient_id, "May I swim?")
    practice.clock.move(minutes=1)
    database, by = practice.house.database, practice.team[Role.COORDINATOR]
    later = practice.clock() + timedelta(minutes=1)
    await messages.mark_read(database, by, alder.patient_id, ReadDraft(up_to=message), now=later)
    page = words_of(await coordinator.see("/messages?which=recent"))
    assert "Read, not answered" in page


async def test_an_alert_from_a_message_says_so_and_what_the_patient_was_told(
    practice: Practice, practitioner: Window
) -> None:
    alder = await practice.treated("Sample Alder", days_ago=3)
    actor = Actor(clinic_id=practice.clinic_id, kind="patient", id=alder.patient_id)
    now = practice.clock()
    draft = MessageDraft(
        text="There are blisters on my chin", written_at=now - timedelta(days=2), time_zone="Europe/London"
    )
    await messages.send(practice.house.database, actor, uuid4(), draft, now=now)
    alert = await practice.alert_of(alder)
    page = words_of(await practitioner.see(f"/alerts/{alert.id}"))
    assert "(told in the message)" in page
    assert "There are blisters on my chin names blisters" in page
    assert "reported Monday, arrived Wednesday" in page
    assert "Speak with the clinic today" in page  # what the phone showed
