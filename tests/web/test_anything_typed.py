"""Whatever is typed into a form or an address of a page: an answer in words, never a failure, and nothing half kept."""

import re
from typing import Any
from uuid import uuid4

from litestar import Litestar

from aftercare.model.words import Role
from aftercare.web.typed import local_time
from tests.web.practice import Practice, Window, window

_BESIDE = uuid4()
_ENDS = ("0001-01-01T00:00:00%2B05:00", "9999-12-31T23:59:59-05:00")


async def test_a_number_of_thousands_of_digits_is_said_at_its_field(practitioner: Window) -> None:
    answer = await practitioner.act(
        "/patients", name="Sample Alder", time_zone="Europe/London", country="GB", language="en", **{"baseline/redness": "9" * 5000}
    )  # fmt: skip
    assert answer.status_code == 422
    assert "This cannot be read" in answer.text


async def test_a_number_of_a_rule_that_no_machine_counts_with_is_said_at_its_field(
    practitioner: Window,
) -> None:
    made = await practitioner.act("/rules/drafts", number="0")
    form = await practitioner.see(made.headers["location"])
    name = re.findall(r'<input[^>]* name="(/[^"]+)"', form)[0]
    answer = await practitioner.act(made.headers["location"], version="1", **{name: "9" * 400})
    assert answer.status_code == 422


async def test_a_time_of_another_zone_is_no_time_of_a_reminder(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    path = f"/patients/{patient.patient_id}/reminders"
    answer = await practitioner.act(path, state="on", reminder_at="08:00+02:00", version="0", times="0")
    assert answer.status_code == 422
    assert "Write a time such as 08:30" in answer.text
    assert 'name="reminder_at" min="07:00" max="21:00" value=""' in await practitioner.see(path)


async def test_what_cannot_be_kept_is_refused_wherever_it_is_typed(
    app: Litestar, practice: Practice, practitioner: Window
) -> None:
    made = await practitioner.act("/instructions/0/draft")
    draft = made.headers["location"].partition("?")[0]
    nul = await practitioner.act(f"{draft}/publish", revision="1", note="a\0b")
    assert nul.status_code == 422
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        hours: dict[str, Any] = {"name": "Harbour", "version": "1", "on0": "2026-05-01"}
        for name in ("a\0b", "a\tb", "x" * 81):
            answer = await admin.act("/clinic-settings", **hours, name0=name)
            assert answer.status_code == 422, name
            if "\0" not in name:
                assert "Give it a name of up to 80 characters, in one line." in answer.text


async def test_days_at_the_ends_of_the_calendar_bound_a_back_test_no_further(practitioner: Window) -> None:
    for days in ({"since": "0001-01-01"}, {"until": "9999-12-31"}):
        answer = await practitioner.act("/rules/1/backtest", **days)
        assert answer.status_code == 303, days


def test_a_time_that_no_clock_can_say_in_utc_is_none() -> None:
    assert local_time("0001-01-01T00:00", "Europe/Berlin") is None
    assert local_time("9999-12-31T23:59", "America/New_York") is None
    assert local_time("2026-03-29T02:30", "Europe/Berlin") is None


async def test_a_list_is_read_on_from_any_instant(
    app: Litestar, practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    for at in _ENDS:
        for path in (
            f"/patients?before={at}&beside={_BESIDE}",
            f"/deliveries?before={at}&beside={_BESIDE}",
            f"/messages?after={at}&beside={_BESIDE}",
            f"/patients/{patient.patient_id}/messages?before={at}&beside={_BESIDE}",
            f"/photos/for/teaching?before={at}&beside={_BESIDE}",
        ):
            assert (await practitioner.client.get(path)).status_code < 500, path
