"""The companion in a real browser against the real application: enrol, agree, answer, with and without a network."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar
from playwright.async_api import Route, expect

from aftercare.care.advice_words import LANGUAGES
from aftercare.care.instrument import Kind, load
from aftercare.model.people import Patient
from aftercare.model.words import Role
from aftercare.services import instructions
from aftercare.store import consents
from aftercare.web import render
from aftercare.web.companion import POLICY, CompanionController
from tests.web.chromium import mark_browser
from tests.web.companion import LEFT, phone_of, picture
from tests.web.practice import Clock, Practice

# At once, whatever is drawn again meanwhile: what was found may be replaced before it stands still.
INTO_VIEW = "document.getElementById('instructions').scrollIntoView()"


@mark_browser
async def test_a_tingling_lip_is_told_from_the_code_to_the_advice(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.open()
        assert "Nobody watches this all the time. The clinic reads" in (
            await page.locator("main").text_content() or ""
        )
        await phone.agree()
        await expect(page.get_by_role("heading", name="Day 2 after micro-needling")).to_be_visible()
        await expect(page.get_by_text("Until 23:59 today")).to_be_visible()
        await phone.tap("Start check-in")
        await phone.nothing_until("Blisters, spots and sores")
        await phone.tick("One spot tingles or burns more")
        await phone.tick("Lips")
        await phone.go_on()
        await phone.nothing_until("Anything else")
        await phone.tap("Send")
        await expect(page.locator(".advice.same_day .tier")).to_have_text("Same day")
        await expect(page.get_by_role("heading", name="Speak with the clinic today")).to_be_visible()
        (kept,) = await phone.kept()
    assert kept.answers["tingling"] is True
    assert kept.answers["sites"] == {"tingling": ["lips"]}
    assert (kept.answers["redness"], kept.answers["eye"], kept.answers["blisters"]) == (0, [], "none")
    assert "white_bumps" not in kept.answers
    assert "grouped" not in kept.answers
    assert (kept.said_day, kept.set_aside) == (2, ())


@mark_browser
async def test_the_emergency_number_shows_the_moment_the_box_is_ticked_without_a_network(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.context.set_offline(True)
        await expect(page.get_by_text("No connection. What you see was read")).to_be_visible()
        await phone.tap("Something changed")
        breathing = page.locator("#chip-breathing_or_tongue")
        await breathing.check()
        call = page.get_by_role("link", name="Call 999")
        await expect(call).to_be_in_viewport()
        await expect(call).to_have_attribute("href", "tel:999")
        await expect(page.locator(".emergency-panel")).to_contain_text("Do not wait for us")
        await breathing.uncheck()
        await expect(call).to_have_count(0)
        await breathing.check()
        await phone.tap("Send now what I have said")
        await expect(page.get_by_role("heading", name="Not sent yet")).to_be_visible()
        await expect(call).to_be_visible()
        assert await phone.kept() == []
        await phone.context.set_offline(False)
        await expect(page.locator(".advice.emergency")).to_contain_text("Call 999 now")
        (kept,) = await phone.kept()
    assert kept.answers == {"breathing_or_tongue": True, "very_unwell": False}
    assert (kept.said_day, kept.unscheduled) == (None, True)


@mark_browser
async def test_an_answer_that_was_on_its_way_does_not_hide_that_the_network_is_gone(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    answered, gone = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        answered.set()
        await gone.wait()
        await route.fulfill(response=answer)

    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.open()
        await page.route("**/v1/me/consents/*", late)
        await phone.agree()
        await answered.wait()
        await phone.context.set_offline(True)
        told = page.get_by_text("No connection. What you see was read")
        await expect(told).to_be_visible()
        async with page.expect_response("**/v1/me/consents/*"):
            gone.set()
        await phone.tap("Start check-in")
        await phone.nothing_until("Anything else")
        await expect(told).to_be_visible()


@mark_browser
async def test_what_was_answered_offline_is_sent_once_though_answers_get_lost_and_the_page_is_closed(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page, context = phone.page, phone.context
        await phone.open()
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await context.set_offline(True)
        await phone.agree()
        await phone.tap("Start check-in")
        await phone.nothing_until("Anything else")
        await page.get_by_label("In your own words (optional)").fill("Plain sentence.")
        await phone.tap("Send")
        await expect(page.get_by_role("heading", name="Not sent yet")).to_be_visible()
        await page.goto(f"{phone.origin}/app/")  # from the phone itself: there is no network
        await expect(page.get_by_text("not sent yet")).to_be_visible()
        await expect(page.get_by_role("heading", name="No check-in is due now")).to_be_visible()
        arrived: list[str] = []

        async def lose_the_first_answer(route: Route) -> None:
            arrived.append(route.request.url)
            await route.fetch()
            await (route.abort() if len(arrived) == 1 else route.continue_())

        await page.route("**/v1/check-ins/*", lose_the_first_answer)
        await context.set_offline(False)
        await expect(page.get_by_text("Received")).to_be_visible()
        assert len(set(arrived)) == 1
        assert len(arrived) > 1
        (kept,) = await phone.kept()
        async with practice.house.database.clinic(practice.clinic_id) as db:
            given = await consents.newest(db, practice.clinic_id, patient.patient_id)
    assert kept.answers["note"] == "Plain sentence."
    assert given["care"].granted


@mark_browser
async def test_a_photo_is_asked_for_agreed_to_sent_and_shown(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await page.get_by_role("link", name="Add a photo").click()
        await expect(page.get_by_role("heading", name="Photos of your skin")).to_be_visible()
        await phone.agree()
        await page.get_by_label("Close-up of one spot").check()
        await phone.send_photo(picture())
        shown = page.get_by_role("img", name="Close-up of one spot")
        await expect(shown).to_be_visible()
        await expect(page.locator(".waiting")).to_have_count(0)
        await expect(shown).not_to_have_js_property("naturalWidth", 0)
        (kept,) = await phone.kept_photos()
    assert kept.view == "close_up"


@mark_browser
async def test_two_questions_at_once_after_the_token_ended_rotate_it_once(
    app: Litestar, practice: Practice, clock: Clock, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await expect(page.get_by_role("heading", name="Day 2 after micro-needling")).to_be_visible()
        await page.goto("about:blank")  # whatever it still asks would find its token ended before the two do
        rotated: list[str] = []
        page.on(
            "request", lambda asked: rotated.append(asked.url) if asked.url.endswith("/v1/tokens") else None
        )
        clock.move(hours=2)
        await page.clock.fast_forward("02:00:00")
        async with page.expect_response("**/v1/me/today") as answer:
            await page.goto(f"{phone.origin}/app/")
        assert (await answer.value).ok
        await expect(page.get_by_role("heading", name="Day 2 after micro-needling")).to_be_visible()
    assert len(rotated) == 1


@mark_browser
async def test_a_phone_that_is_no_longer_enrolled_keeps_what_it_has_not_sent(
    app: Litestar, practice: Practice, clock: Clock, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.context.set_offline(True)
        await phone.tap("Start check-in")
        await phone.nothing_until("Anything else")
        await phone.tap("Send")
        await expect(page.get_by_role("heading", name="Not sent yet")).to_be_visible()
        await phone.signed_out_elsewhere()
        await phone.context.set_offline(False)
        await expect(page.get_by_text("This phone is no longer connected to the clinic.")).to_be_visible()
        assert await phone.kept() == []
        await phone.enrol()
        await expect(page.get_by_text("Received")).to_be_visible()
        assert len(await phone.kept()) == 1


@mark_browser
async def test_a_code_that_does_not_work_says_what_to_do(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await page.goto(f"{phone.origin}/app/#harbour.AAAAA-AAAAA")
        await phone.tap("Connect")
        await expect(page.get_by_role("alert")).to_contain_text("Ask the clinic for a new one")
        await page.get_by_label("Your code").fill("")
        await phone.tap("Connect")
        await expect(page.get_by_role("alert")).to_contain_text("Enter your code")


@mark_browser
async def test_refusing_and_signing_out_leave_the_patient_in_charge(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.open()
        await phone.tap("I do not agree")
        await expect(page.get_by_role("button", name="Start check-in")).to_be_visible()
        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_text("Refused on Wednesday 4 March")).to_be_visible()
        await phone.tap("Sign out")
        await expect(page.get_by_role("heading", name="Connect this phone to your clinic")).to_be_visible()
        left = await page.evaluate(LEFT)
        async with practice.house.database.clinic(practice.clinic_id) as db:
            given = await consents.newest(db, practice.clinic_id, patient.patient_id)
    assert left == 0
    assert not given["care"].granted


@mark_browser
@pytest.mark.parametrize(
    ("language", "start", "none"),
    [("es", "Empezar", "Nada de esto ahora"), ("pt-BR", "Começar", "Nada disto agora")],
)
async def test_the_patients_language_is_spoken(
    app: Litestar, practice: Practice, language: str, start: str, none: str
) -> None:
    patient = await practice.treated("Sample Birch", days_ago=2, language=language)
    async with phone_of(app, practice, patient) as phone:
        await phone.enrol()
        await phone.page.locator("main .button.primary").click()
        await phone.tap(start)
        await expect(phone.page.get_by_role("button", name=none)).to_be_visible()
        assert await phone.page.evaluate("document.documentElement.lang") == language[:2]


@mark_browser
async def test_how_much_how_hot_and_where_are_kept_as_the_instrument_takes_them(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await phone.tap("Something changed")
        await phone.nothing_until("How your skin has felt in the last 24 hours")
        await phone.tick("Pain")
        await phone.tap("Continue")
        await expect(page.get_by_role("alert")).to_contain_text("Choose how much: Pain")
        await page.locator(".pain label", has_text="5").click()
        await expect(page.locator(".pain .said")).to_have_text("5: Moderate")
        await phone.go_on()
        await phone.tap("Skip these questions")
        await phone.tick("I measured my temperature")
        await phone.tick("°F")
        await page.get_by_label("Temperature", exact=True).fill("120")
        await expect(page.locator(".temperature .said")).to_have_text(
            "Enter a temperature from 93 °F to 109 °F"
        )
        await page.get_by_label("Temperature", exact=True).fill("100,4")
        await phone.go_on()
        await phone.tick("Small water blisters")
        await phone.tick("Many")
        await phone.tick("They are close together in a cluster")
        await phone.go_on()
        await page.reload()  # a phone that slept loses nothing
        await phone.nothing_until("Anything else")
        await phone.tap("Send")
        await expect(page.locator(".advice.emergency")).to_be_visible()
        (kept,) = await phone.kept()
    said = kept.answers
    assert (said["pain"], said["swelling"], said["fever_c"], said["chills"]) == (2, 0, 38.0, False)
    assert (said["blisters"], said["grouped"], said["tingling"]) == ("many", True, False)
    assert "eye" not in said
    assert kept.set_aside == ()


@mark_browser
async def test_what_the_server_could_not_read_is_named_and_asked_again(
    app: Litestar, practice: Practice, patient: Patient
) -> None:
    async def garble(route: Route) -> None:
        draft: dict[str, Any] = route.request.post_data_json or {}
        await route.continue_(post_data={**draft, "answers": {"redness": 9, "not_an_item": True}})

    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        await phone.begin()
        await page.route("**/v1/check-ins/*", garble)
        await phone.tap("Start check-in")
        await phone.nothing_until("Anything else")
        await phone.tap("Send")
        await expect(page.get_by_role("heading", name="It said nothing that could be read")).to_be_visible()
        aside = page.locator(".notice", has_text="Not understood, but kept")
        await expect(aside).to_contain_text("Redness, or darker, purple or shiny: A grade is a whole number")
        await expect(aside).to_contain_text("another part: This item is not part of the instrument")
        await phone.tap("Answer again")
        await expect(page.get_by_role("heading", name="Danger signs")).to_be_visible()


async def test_the_page_and_its_worker_hold_nothing_and_may_load_nothing_from_elsewhere(
    app: Litestar,
) -> None:
    app.register(CompanionController)
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://clinic.test") as client:
        shell, worker = await client.get("/app/"), await client.get("/app/worker.js")
    assert shell.headers["content-security-policy"] == POLICY
    assert shell.headers["content-type"] == "text/html; charset=utf-8"
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "unsafe" not in POLICY
    assert "<style" not in shell.text
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|style=", shell.text)
    assert (shell.headers["cache-control"], worker.headers["cache-control"]) == ("no-cache", "no-cache")
    for address in re.findall(r'(?:href|src)="(/assets/companion[^"]+)"', shell.text):
        assert f'"{address}"' in worker.text.splitlines()[0]


def run(script: str) -> Any:
    """What a script says that imports the companion's own modules."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None:
        pytest.skip("no node: install the development dependencies")
    done = subprocess.run(
        [node, "--no-warnings", "--input-type=module", "-e", script],
        cwd=Path(render.__file__).with_name("front") / "app",
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_every_language_says_the_same_things_and_names_every_chip() -> None:
    spoken = run(
        """
        const spoken = {};
        for (const tag of ["en", "es", "pt"]) spoken[tag] = (await import(`./words/${tag}.js`)).default;
        console.log(JSON.stringify(spoken));
        """
    )
    english = spoken["en"]
    named = {item.key for item in load().items if item.group != "emergency" and item.kind != Kind.MANY}
    assert set(english["chips"]) == named
    for words in spoken.values():
        assert words["sentences"].keys() == english["sentences"].keys()
        assert words["chips"].keys() == english["chips"].keys()
        for name, text in english["sentences"].items():
            holes = re.findall(r"{\w+}", text)
            assert sorted(re.findall(r"{\w+}", words["sentences"][name])) == sorted(holes), name
    for tag, words in LANGUAGES.items():
        assert spoken[tag]["sentences"]["nobody_watches"] == words.nobody_watches


def test_pain_and_degrees_are_what_the_instrument_says() -> None:
    grades, degrees = run(
        """
        const { gradeOfPain, celsius } = await import("./instrument.js");
        const typed = [["100.4", "F"], ["37,95", "C"], [" 38 ", "C"], ["warm", "C"], ["", "F"], ["99.5", "F"]];
        console.log(JSON.stringify([[...Array(11).keys()].map(gradeOfPain), typed.map((one) => celsius(...one))]));
        """
    )
    assert grades == [0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4]
    assert degrees == [38.0, 38.0, 38.0, None, None, 37.5]


@mark_browser
async def test_what_to_do_today_is_there_without_a_network_and_that_it_was_seen_is_told_once(
    app: Litestar, practice: Practice, clock: Clock, patient: Patient
) -> None:
    async with phone_of(app, practice, patient) as phone:
        page = phone.page
        told: list[Any] = []
        page.on(
            "request",
            lambda asked: told.append(asked.post_data_json) if asked.url.endswith("/sync") else None,
        )
        await phone.open()
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        async with page.expect_response("**/v1/sync") as kept:
            await phone.agree()
            await expect(page.get_by_role("heading", name="What to do today")).to_be_visible()
            await page.evaluate(INTO_VIEW)
        assert [one["status"] for one in (await (await kept.value).json())["receipts"]] == ["kept"]
        await expect(page.get_by_text("No sport, and nothing that makes you sweat.").first).to_be_visible()
        later = page.locator(".told-later")
        await expect(later).to_have_count(6)
        await later.first.locator("summary").click()
        await expect(later.first.get_by_text("Some redness and a little swelling")).to_be_visible()
        await phone.context.set_offline(True)
        await page.goto(f"{phone.origin}/app/")
        await expect(page.get_by_text("No connection. What you see was read")).to_be_visible()
        await expect(page.get_by_role("heading", name="When to call the clinic").first).to_be_visible()
        await page.clock.fast_forward("24:00:00")  # the next day, still offline
        await page.reload()
        await expect(page.locator("#instructions")).to_have_attribute("data-day", "3")
        clock.move(days=1)
        async with page.expect_response("**/v1/sync"):
            await phone.context.set_offline(False)
            await page.evaluate(INTO_VIEW)
    shown = await instructions.list_shown(
        practice.house.database, practice.team[Role.PRACTITIONER], patient.patient_id, now=practice.clock()
    )
    assert [(one.day, one.version) for one in shown] == [(3, 0), (2, 0)]
    assert all(one.shown_at for one in shown)
    receipts = [one["receipts"][0] for one in told]
    assert len({one["id"] for one in receipts}) == len({one["date"] for one in receipts}) == 2
