"""One's own notifications, as people see and change them; without JavaScript."""

import re
from datetime import time
from uuid import uuid4

import pytest
from litestar import Litestar

from aftercare.db.pool import Database
from aftercare.model.addresses import ChannelName
from aftercare.model.preferences import QuietSpan, StaffPreferencesDraft
from aftercare.model.words import Role
from aftercare.notify.sms import SmsChannel, SmsSettings
from aftercare.services import preferences
from aftercare.web.quiet_week import bands
from tests.services.background import Post, pass_time
from tests.web.practice import PASSWORD, Practice, Window, window, words_of

SMS = SmsChannel(SmsSettings(url="https://sms.test/"))

EVERY_DAY = "0\n1\n2\n3\n4\n5\n6"
OFFERED = "same_day:smtp same_day:webpush same_day:sms soon:smtp soon:webpush routine:smtp"
ALL_ON = {"on-same_day": "smtp\nwebpush\nsms", "on-soon": "smtp\nwebpush", "on-routine": "smtp"}


def nights(**more: str) -> dict[str, str]:
    """The form as it leaves the page, with one quiet time and every box ticked."""
    said = {"version": "0", "q0-day": EVERY_DAY, "q0-from": "22:00", "q0-to": "07:00", "offered": OFFERED}
    return {**said, **ALL_ON, **more}


@pytest.fixture
def with_sms(practice: Practice) -> None:
    practice.house.channels[ChannelName.SMS] = SMS


async def test_where_no_text_messages_are_set_up_no_number_is_asked_for(coordinator: Window) -> None:
    assert "Text message" not in words_of(await coordinator.see("/me"))
    answer = await coordinator.act("/me/numbers", address_id=str(uuid4()), number="+44 20 7946 0000")
    assert answer.status_code == 422


async def test_a_page_that_nobody_changed_says_what_holds(coordinator: Window, practice: Practice) -> None:
    page = words_of(await coordinator.see("/me"))
    assert practice.email(Role.COORDINATOR) in page
    assert "Monday: never quiet" in page.replace("Mon day", "Monday")
    assert "An emergency reaches you at once, over every way you have" in page
    assert "The next one comes" in page


async def test_the_head_leads_to_the_page(coordinator: Window) -> None:
    assert 'href="/me"' in await coordinator.see("/")


async def test_quiet_hours_are_saved_drawn_and_said(coordinator: Window) -> None:
    answer = await coordinator.act("/me/preferences", **nights(digest_at="16:30"))
    assert answer.status_code == 303, answer.text
    html = await coordinator.see(answer.headers["location"])
    assert "Saved. What is on its way already keeps its time." in words_of(html)
    assert html.count('class="week-quiet"') == 2 * 7  # before seven and after ten, on each day
    assert "00:00 to 07:00, 22:00 to 24:00" in words_of(html)
    assert 'name="q0-from" value="22:00"' in html
    assert 'name="digest_at" value="16:30"' in html
    assert 'name="version" value="1"' in html


async def test_a_quiet_time_without_a_day_is_taken_away(coordinator: Window) -> None:
    await coordinator.act("/me/preferences", **nights())
    await coordinator.act("/me/preferences", **{**nights(version="1"), "q0-day": ""})
    assert 'class="week-quiet"' not in await coordinator.see("/me")


async def test_what_cannot_be_saved_stands_there_again_with_the_reason(coordinator: Window) -> None:
    whole = await coordinator.act("/me/preferences", **{**nights(), "q0-from": "07:00"})
    assert whole.status_code == 422
    assert "Quiet hours may last three days in a row at most" in words_of(whole.text)
    assert 'name="q0-from" value="07:00"' in whole.text
    half = await coordinator.act("/me/preferences", **{**nights(), "q0-to": ""})
    assert half.status_code == 422
    assert "Write from when and to when" in words_of(half.text)
    nowhere = await coordinator.act("/me/preferences", **nights(time_zone="Europe/Nowhere"))
    assert "This is not an IANA time zone" in words_of(nowhere.text)
    last = await coordinator.act("/me/preferences", **{**nights(), "on-routine": ""})
    assert last.status_code == 422
    assert "This takes away your last way to hear of it" in words_of(last.text)
    assert 'class="week-quiet"' not in await coordinator.see("/me")


async def test_a_form_that_is_older_than_what_stands_changes_nothing(
    practice: Practice, coordinator: Window
) -> None:
    other = StaffPreferencesDraft(digest_at=time(8))
    by = practice.team[Role.COORDINATOR]
    await preferences.put_staff_preferences(
        practice.house.database, by, other, version=0, now=practice.clock()
    )
    answer = await coordinator.act("/me/preferences", **nights())
    assert answer.status_code == 412
    kept = await preferences.get_staff_preferences(practice.house.database, by)
    assert (kept.version, kept.quiet) == (1, ())


@pytest.mark.usefixtures("with_sms")
async def test_a_channel_is_taken_away_by_its_box(practice: Practice, coordinator: Window) -> None:
    added = await coordinator.act("/me/numbers", address_id=str(uuid4()), number="+44 20 7946 0000")
    assert added.status_code == 303, added.text
    await coordinator.act("/me/preferences", **{**nights(), "on-same_day": "sms\nwebpush"})
    by = practice.team[Role.COORDINATOR]
    kept = await preferences.get_staff_preferences(practice.house.database, by)
    assert (kept.muted.same_day, kept.muted.soon) == (("smtp",), ())
    html = await coordinator.see("/me")
    assert re.search(r'name="on-same_day" value="smtp"(?! checked)', html)
    assert re.search(r'name="on-same_day" value="sms" checked', html)


@pytest.mark.usefixtures("with_sms")
async def test_a_number_is_added_once_shown_by_its_end_and_removed(coordinator: Window) -> None:
    address_id = str(uuid4())
    for _ in range(2):  # a second click
        await coordinator.act("/me/numbers", address_id=address_id, number="+44 20 7946 1234", label="")
    html = await coordinator.see("/me")
    assert words_of(html).count("number ending in 1234") >= 1
    assert html.count(f"/me/addresses/{address_id}/test") == 1
    assert "7946" not in html.replace("+44 20 7946 0000", "")  # but for the example in the empty field
    gone = await coordinator.act(f"/me/addresses/{address_id}/remove")
    page = words_of(await coordinator.see(gone.headers["location"]))
    assert "Removed. Nothing is sent there any more." in page
    assert "removed by its owner" in page


@pytest.mark.usefixtures("with_sms")
async def test_what_is_no_number_is_said_beside_it(coordinator: Window) -> None:
    answer = await coordinator.act("/me/numbers", address_id=str(uuid4()), number="020 7946 0000")
    assert answer.status_code == 422
    assert "not a number with its country" in words_of(answer.text)
    assert 'value="020 7946 0000"' in answer.text


async def test_a_test_says_what_became_of_it_from_the_ledger(
    practice: Practice, coordinator: Window, worker: Database
) -> None:
    sent = await coordinator.act("/me/mail/test")
    html = await coordinator.see(sent.headers["location"])
    assert "on its way" in words_of(html)
    assert '<meta http-equiv="refresh"' in html
    post = Post()
    await pass_time(worker, post, practice.clock())
    assert [mail.address for mail in post.channel.sent] == [practice.email(Role.COORDINATOR)]
    html = await coordinator.see("/me")
    assert "taken by the mail server. Look whether it is there." in words_of(html)
    assert '<meta http-equiv="refresh"' not in html


@pytest.mark.usefixtures("with_sms")
async def test_nobody_tests_or_removes_an_address_of_somebody_else(
    practitioner: Window, coordinator: Window
) -> None:
    address_id = str(uuid4())
    await practitioner.act("/me/numbers", address_id=address_id, number="+44 20 7946 1234")
    for act in ("test", "remove"):
        assert (await coordinator.act(f"/me/addresses/{address_id}/{act}")).status_code == 404
    assert f"/me/addresses/{address_id}/test" in await practitioner.see("/me")


def test_a_span_over_midnight_and_the_week_is_drawn_on_both_days() -> None:
    sunday = QuietSpan(weekdays=(6,), starts=time(18), ends=time(6))
    drawn = {band.day: (band.quiet, band.words) for band in bands((sunday,), ())}
    assert drawn["Sunday"] == (((75.0, 25.0),), "18:00 to 24:00")
    assert drawn["Monday"] == (((0.0, 25.0),), "00:00 to 06:00")
    assert drawn["Tuesday"] == ((), "never quiet")


async def test_my_password_is_changed_with_the_one_in_use_and_ends_what_is_open_elsewhere(
    app: Litestar, practice: Practice, coordinator: Window
) -> None:
    async with window(app) as elsewhere:
        await elsewhere.sign_in(practice, Role.COORDINATOR)
        changed = await coordinator.act("/me/password", current=PASSWORD, password="another synthetic one")
        assert changed.status_code == 303, changed.text
        page = words_of(await coordinator.see(changed.headers["location"]))
        assert "Wherever else you were signed in, you are not any more." in page
        assert (await elsewhere.client.get("/me")).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "said"),
    [
        ("not this one", "another synthetic one", "This is not your password."),
        (PASSWORD, "kestrel", "Choose one of 10 to 200 characters."),
        ("", "", "Choose one of 10 to 200 characters."),
    ],
)
async def test_a_password_that_is_not_changed_says_why_and_is_not_shown(
    coordinator: Window, current: str, new: str, said: str
) -> None:
    answer = await coordinator.act("/me/password", current=current, password=new)
    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert "kestrel" not in answer.text
