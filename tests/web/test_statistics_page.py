"""The page of statistics as the clinic sees it, drawn from a history lived through the services."""

import re
from datetime import date
from html import unescape

import httpx
from litestar import Litestar

from aftercare.model.statistics import CheckLine, Share, WeekLine, precision, share
from aftercare.model.words import Code, Outcome, Role
from aftercare.services import alerts
from aftercare.services.alerts import Acknowledge, Resolve
from aftercare.web import statistics_charts as pictures
from tests.web.practice import Practice, Window, window, words_of


async def lived(practice: Practice) -> None:
    """Two quiet recoveries, one confirmed cold sore taken after 20 minutes, one wish for contact that was a false alarm."""
    by, database = practice.team[Role.PRACTITIONER], practice.house.database
    sore = await practice.prodrome(fitzpatrick=2)
    practice.clock.move(minutes=20)
    await alerts.acknowledge(database, by, sore.id, Acknowledge(), now=practice.clock())
    await alerts.resolve(database, by, sore.id, Resolve(outcome=Outcome.CONFIRMED), now=practice.clock())
    asks = await practice.treated("Sample Birch", fitzpatrick=5)
    await practice.says(asks, wants_contact="urgent")
    alert = await practice.alert_of(asks)
    await alerts.resolve(database, by, alert.id, Resolve(outcome=Outcome.FALSE_ALARM), now=practice.clock())
    await practice.says(await practice.treated("Sample Cedar"), pain=0, redness=0)


async def test_the_page_shows_the_budget_the_outcomes_and_how_soon(
    practice: Practice, practitioner: Window
) -> None:
    await lived(practice)
    html = await practitioner.see("/statistics")
    told = words_of(html)
    assert "Check-ins that raised an alert 50 % over the budget 2 of 4 check-ins; at most 10 %" in told
    assert "Patients with an alert 67 % over the budget 2 of 3 patients heard of; at most 20 %" in told
    assert "50 % over the budget 1 of 2 uneventful recoveries; at most 3 %" in told
    assert "Skin types IV to VI 100 % 1 of 1 over" in told
    assert "Cold sore 1 Confirmed 1 1 confirmed 100 % (21–100 %) 20 min default-1" in told
    assert "cold_sore.tingling 1" in told
    assert "Same day 2" in told
    assert "Sample" not in told  # numbers only
    assert 'aria-current="page">Statistics' in html
    assert not re.search(r"<[^>]+ style=", html)  # the policy would refuse it


async def test_a_clinic_of_which_nothing_is_known_yet_is_told_what_will_stand_here(
    practitioner: Window,
) -> None:
    told = words_of(await practitioner.see("/statistics"))
    assert "Nothing from" in told
    assert "0 %" not in told


async def test_every_role_may_look_and_nobody_else(app: Litestar, practice: Practice) -> None:
    for role in Role:
        async with window(app) as browser:
            await browser.sign_in(practice, role)
            assert 'href="/statistics"' in await browser.see("/statistics")
    async with window(app) as browser:
        assert (await browser.client.get("/statistics")).status_code == 401


async def test_days_are_chosen_and_what_cannot_be_is_said_beside_the_usual_ones(
    practice: Practice, practitioner: Window
) -> None:
    await lived(practice)
    chosen = await practitioner.see("/statistics?since=2026-03-01&until=2026-03-04")
    assert 'value="2026-03-01"' in chosen
    # A browser fetches the export with the same sign-in.
    link = re.search(r'href="(/v1/statistics/export[^"]+)"', chosen)
    assert link is not None
    export: httpx.Response = await practitioner.client.get(unescape(link[1]))
    assert export.headers["content-disposition"].endswith('2026-03-01-2026-03-04.csv"')
    wrong = words_of(await practitioner.see("/statistics?since=2026-03-04&until=2026-03-01"))
    assert "The period ends before it begins" in wrong
    assert "2 of 4 check-ins" in wrong
    typed = words_of(await practitioner.see("/statistics?since=tomorrow"))
    assert "2 of 4 check-ins" in typed


def week(monday: date, check_ins: Share, **tiers: int) -> WeekLine:
    counted = {"emergency": 0, "same_day": 0, "soon": 0, "routine": 0, "silence": 0, "confirmed": 0} | tiers
    return WeekLine(week=monday, check_ins=check_ins, **counted)


def test_columns_are_as_high_as_their_weeks_are_full_and_none_is_drawn_for_none() -> None:
    lines = (
        week(date(2026, 3, 2), share(4, 40), routine=3, same_day=1),
        week(date(2026, 3, 9), share(0, 0)),
        week(date(2026, 3, 16), share(2, 10), emergency=2, confirmed=1),
    )
    drawn = str(pictures.weeks(lines))
    heights = {
        kind: float(height)
        for kind, height in re.findall(r'<rect class="(\w+)"[^>]* width="20%" height="([\d.]+)"', drawn)
    }
    assert heights == {"routine": 84.0, "same_day": 28.0, "emergency": 56.0}
    line = str(pictures.share_line(lines))
    assert line.count("<circle") == 2
    assert 'class="line"' not in line  # nothing was said in between
    assert "5 % (" not in line
    assert "2 of 10 check-ins, 20 %" in line


def test_a_bar_of_outcomes_fills_its_width_and_says_each_number() -> None:
    line = CheckLine(
        code=Code.PAIN, version="default-1", row=None, alerts=8, unresolved=1, confirmed=2, expected_course=4,
        false_alarm=1, duplicate=0, precision=precision(2, 7), acknowledged_median=None,
    )  # fmt: skip
    drawn = str(pictures.outcomes(line))
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)%"', drawn)]
    assert widths == [25, 50, 12.5, 12.5]
    assert "Confirmed 2; Expected course 4; False alarm 1; Unresolved 1" in drawn
    assert pictures.interval(line) == "29 % (8–64 %)"
