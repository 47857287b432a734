"""The ledger, webhooks and the admins' head, as people see and use them."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from litestar import Litestar

from aftercare.model.addresses import ChannelName
from aftercare.model.ledger import Narrowed
from aftercare.model.words import Role
from aftercare.services import addresses, webhooks
from aftercare.services.channel_watch import mind
from aftercare.services.ledger import newest
from aftercare.store import channel_faults, ledger
from aftercare.web import delivery_words
from aftercare.web.times import Clock as PageClock
from tests.web.practice import Practice, Window, window, words_of
from tests.web.samples_deliveries import entries, entry, faults

NOW = datetime(2026, 3, 5, 13, 24, tzinfo=UTC)


@pytest.fixture
async def admin(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(practice, Role.ADMIN)
        yield opened


@pytest.fixture
async def root(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The database as its superuser sees it: puts deliveries where attempts would."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def refused(root: asyncpg.Connection, practice: Practice) -> None:
    """Every delivery so far was refused for good."""
    await root.execute(
        "insert into delivery_attempts (clinic_id, delivery_id, attempt, at, result, answer)"
        " select clinic_id, delivery_id, 1, $1, 'refused', '550 5.7.1' from deliveries",
        practice.clock(),
    )
    await root.execute("update deliveries set state = 'dead', attempts = 1, ended_at = $1", practice.clock())


async def told(practice: Practice, role: Role) -> datetime | None:
    """When the newest alert's delivery to somebody was opened."""
    async with practice.house.database.clinic(practice.clinic_id) as db:
        opened: datetime | None = await db.fetchval(
            "select opened_at from deliveries where alert_id is not null and staff_id = $1",
            practice.team[role].id,
        )
    return opened


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "On its way."),
        (1, "Failed twice (connect: timeout); next try 14:30."),
        (2, "Taken by the push service 14:15, opened 14:17."),
        (3, "Taken by the mail server 14:14. Whether it was read is not known."),
        (4, "Given up 14:12 after one try: the other side answered 413."),
        (5, "Given up 13:24 after one try: 404 UNREGISTERED. It arrived by mail instead."),
        (6, "Held until tomorrow 06:24, your quiet hours."),
        (7, "Left with others in one digest 11:04."),
        (8, "Not sent: needed no more 11:04, a colleague has it."),
        (9, "Given up 10:04 after 9 tries: 451 4.3.0. Sent again."),
    ],
)
def test_each_state_is_said_in_plain_words_with_what_comes_next(number: int, said: str) -> None:
    assert delivery_words.standing(entries(NOW)[number], PageClock(NOW, "Europe/Berlin")) == said


def test_what_was_tried_in_vain_and_is_needed_no_more_says_both() -> None:
    left_out = entry(
        1, NOW, 9, channel="smtp", state="dropped", attempts=2, ended_at=NOW, dropped_why="resolved meanwhile"
    )
    assert delivery_words.standing(left_out, PageClock(NOW, "Europe/Berlin")) == (
        "Not sent after 2 tries: needed no more 14:24, resolved meanwhile."
    )


def test_what_was_shown_and_not_opened_is_said() -> None:
    shown = entry(1, NOW, 9, channel="fcm", state="sent", sent_at=NOW, delivered_at=NOW)
    assert delivery_words.standing(shown, PageClock(NOW, "Europe/Berlin")) == (
        "Taken by the push service 14:24, shown 14:24, not opened yet."
    )


def test_a_way_that_fails_is_said_with_what_to_do() -> None:
    mail, pager = faults(NOW)
    clock = PageClock(NOW, "Europe/Berlin")
    assert (
        delivery_words.fault(mail, clock) == "Mail has failed since 13:50 (7 tries). Last answer: 451 4.3.0."
    )
    phones = msgspec.structs.replace(mail, channel=ChannelName.FCM)
    assert delivery_words.fault(phones, clock).startswith("Phone push (Android) has failed since")
    assert delivery_words.fault(pager, clock) == (
        "The webhook to pager.example was switched off 09:24: its receiver says that it is gone."
    )
    assert "switch the webhook on again" in delivery_words.todo(pager)


async def test_an_empty_list_says_what_will_stand_there(practitioner: Window) -> None:
    assert "Nothing was sent Each mail, push" in words_of(await practitioner.see("/deliveries"))
    assert "Nothing was given up" in words_of(await practitioner.see("/deliveries?state=dead&channel="))
    assert "Nothing waits" in words_of(await practitioner.see("/deliveries?state=waiting"))


async def test_what_was_given_up_is_sent_again_from_the_page_and_stands_at_its_top(
    practice: Practice, practitioner: Window, root: asyncpg.Connection
) -> None:
    alert = await practice.prodrome()
    await refused(root, practice)
    html = await practitioner.see(f"/deliveries?alert_id={alert.id}")
    page = words_of(html)
    assert "About one alert of Sample Alder ." in page
    assert "Practitioner One, mail Given up 10:00 after one try: 550 5.7.1." in page
    assert "One try of New alert to Practitioner One 10:00 refused for good 550 5.7.1" in page
    again = re.search(r'action="(/deliveries/[0-9a-f-]+/again)"', html)
    assert again is not None
    done = await practitioner.act(again[1], back=f"/deliveries?alert_id={alert.id}")
    assert done.status_code == 303
    after = words_of(await practitioner.see(done.headers["location"]))
    assert "On its way again." in after
    assert after.index("Repeats one that was given up.") < after.index("Sent again.")
    assert "Given up" not in words_of(await practitioner.see("/deliveries?state=waiting")).split("Over")[1]


async def test_what_has_no_point_is_refused_at_its_row_with_the_reason(
    practice: Practice, coordinator: Window, root: asyncpg.Connection
) -> None:
    alert = await practice.prodrome()
    await refused(root, practice)
    await root.execute(
        "update alerts set state = 'resolved', resolved_at = $1, outcome = 'expected_course'",
        practice.clock(),
    )
    html = await coordinator.see(f"/deliveries?alert_id={alert.id}")
    again = re.search(r'action="(/deliveries/[0-9a-f-]+/again)"', html)
    assert again is not None
    answer = await coordinator.act(again[1])
    assert answer.status_code == 409
    assert "The alert is resolved: nobody needs to hear of it any more." in words_of(answer.text)


async def test_what_was_not_given_up_at_all_is_refused_in_words_too(
    practice: Practice, coordinator: Window, root: asyncpg.Connection
) -> None:
    await practice.prodrome()
    delivery_id = await root.fetchval(
        "update deliveries set state = 'sent', sent_at = now() returning delivery_id"
    )
    answer = await coordinator.act(f"/deliveries/{delivery_id}/again")
    assert answer.status_code == 409
    assert '<div class="notice problem" role="alert">' in answer.text


async def test_the_list_goes_on_page_by_page(
    practice: Practice, practitioner: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftercare.services.dashboard_deliveries.PAGE", 2)
    for _ in range(3):
        await addresses.send_test(
            practice.house.database, practice.team[Role.PRACTITIONER], None, now=practice.clock()
        )
        practice.clock.move(minutes=2)
    first = await practitioner.see("/deliveries?channel=smtp")
    more = re.search(r'href="(/deliveries\?[^"]*before=[^"]*)"', first)
    assert more is not None
    second = words_of(await practitioner.see(unescape(more[1])))
    assert "10:00 Test" in second
    assert "10:02" not in second


async def test_another_clinics_patient_and_a_list_that_is_none_are_refused(practitioner: Window) -> None:
    for path, status in (
        (f"/deliveries?patient_id={uuid4()}", 404),
        (f"/deliveries?alert_id={uuid4()}", 404),
        ("/deliveries?state=lost", 422),
        ("/deliveries?channel=pigeon", 422),
    ):
        assert (await practitioner.client.get(path)).status_code == status, path


async def test_whoever_opens_an_alert_has_opened_what_told_them_of_it_and_nobody_else_has(
    practice: Practice, practitioner: Window, admin: Window, root: asyncpg.Connection
) -> None:
    alert = await practice.prodrome()
    await root.execute("update deliveries set state = 'sent', sent_at = $1", practice.clock())
    await admin.see(f"/alerts/{alert.id}")
    assert await told(practice, Role.PRACTITIONER) is None
    practice.clock.move(minutes=3)
    await practitioner.see(f"/alerts/{alert.id}")
    practice.clock.move(minutes=3)
    page = words_of(await practitioner.see(f"/alerts/{alert.id}"))
    assert "Who was told" in page
    assert "Practitioner One mail Taken by the mail server 10:00, opened 10:03." in page


async def test_the_admins_head_counts_what_reached_nobody_and_names_what_fails_until_it_works(
    practice: Practice, practitioner: Window, admin: Window, root: asyncpg.Connection
) -> None:
    assert "reached nobody" not in words_of(await admin.see("/"))
    await practice.prodrome()
    await refused(root, practice)
    async with practice.house.database.clinic(practice.clinic_id) as db:
        sent = await ledger.page(
            db,
            practice.clinic_id,
            Narrowed(),
            newest(practice.clock()),
            1,
        )
        fault = await channel_faults.lost(
            db,
            practice.clinic_id,
            (sent[0].channel, None),
            uuid4(),
            practice.clock(),
            "550 5.7.1",
            "no_address",
        )
        await channel_faults.told(db, practice.clinic_id, fault, practice.clock())
    page = words_of(await admin.see("/"))
    assert "Deliveries 1 reached nobody" in page
    assert "Mail: no staff member has an address left." in page
    other = words_of(await practitioner.see("/"))
    assert "reached nobody" not in other
    assert "no staff member has an address left" not in other
    async with practice.house.database.clinic(practice.clinic_id) as db:
        await mind(db, practice.clinic_id, sent[0], None, practice.clock())
    assert "no staff member has an address left" not in words_of(await admin.see("/"))


async def test_an_admin_adds_tests_changes_and_switches_webhooks_and_the_secret_is_shown_once(
    practice: Practice, admin: Window, practitioner: Window
) -> None:
    assert (await practitioner.client.get("/webhooks")).status_code == 403
    assert "No webhooks" in words_of(await admin.see("/webhooks"))
    wrong = await admin.act("/webhooks", url="hooks.example")
    assert wrong.status_code == 422
    assert 'value="hooks.example"' in wrong.text
    made = await admin.act("/webhooks", url="https://hooks.example/in")
    assert made.status_code == 201
    (secret,) = re.findall(r"<code>(whsec_[^<]+)</code>", made.text)
    assert secret not in await admin.see("/webhooks")
    (hook,) = await webhooks.list_webhooks(
        practice.house.database, practice.team[Role.ADMIN], now=practice.clock()
    )
    path = f"/webhooks/{hook.webhook_id}"
    changed = await admin.act(f"{path}/rotate")
    assert changed.status_code == 200
    assert secret not in changed.text
    assert "Until tomorrow 10:00 the old secret signs as well" in words_of(changed.text)
    tested = await admin.act(f"{path}/test")
    assert "Last: test, 10:00 . On its way." in words_of(await admin.see(tested.headers["location"]))
    off = await admin.act(f"{path}/disable")
    assert "Switched off 10:00 : switched off by an admin. Nothing is sent there." in words_of(
        await admin.see(off.headers["location"])
    )
    on = await admin.act(f"{path}/enable")
    assert "Switched off 10:00" not in words_of(await admin.see(on.headers["location"]))
