"""The built front end in a real browser: live, quiet, by keyboard, by thumb, under the strict policy."""

import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from aftercare.model.pages import ActPage, AlertPage, ProblemPage, TriagePage
from aftercare.web import render
from tests.web.samples import ALERT, HEAD, PAGES, ROWS
from tests.web.stage import ARGUMENTS, PATIENCE, Stage

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path: install Debian's `chromium`"),
    pytest.mark.skipif(
        not (render.ASSETS / "aftercare.js").is_file(), reason="front end not built: `npx vite build`"
    ),
]
OLD = TriagePage(head=HEAD, rows=ROWS[1:4])
NEW = TriagePage(head=HEAD, rows=ROWS[:4])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    shutil.copytree(render.ASSETS, tmp_path / "assets")
    with Stage(tmp_path) as stage:
        stage.pages["/"] = render.render(OLD)
        stage.pages["/fragments/triage"] = render.render(NEW, fragment=True)
        for path in (
            asset.split("?")[0] for asset in (render.asset("aftercare.js"), render.asset("aftercare.css"))
        ):
            assert (tmp_path / path.lstrip("/")).is_file()
        yield stage


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    refused: list[str] = []
    page.on(
        "console",
        lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None,
    )
    page.on("pageerror", lambda error: refused.append(str(error)))
    page.goto(f"{stage.origin}/")
    assert stage.listening.wait(PATIENCE)
    yield page
    page.close()
    assert not refused


def test_a_new_alert_appears_where_it_belongs_and_is_marked_and_said(page: Page, stage: Stage) -> None:
    expect(page.locator(".row")).to_have_count(3)
    page.mouse.move(5, 5)
    stage.push("alert")
    expect(page.locator(".row").first).to_have_id(f"row-{ROWS[0].patient.id}")
    expect(page.locator(".row.new")).to_have_count(1)
    expect(page.locator("#heard")).to_have_text(f"New: {ROWS[0].reason}")


def test_nothing_moves_under_the_pointer_until_it_leaves(page: Page, stage: Stage) -> None:
    page.hover(f"#row-{ROWS[2].patient.id} .row-name")
    stage.push("alert")
    expect(page.locator("#changed")).to_be_visible()
    expect(page.locator(".row")).to_have_count(3)
    page.mouse.move(5, 5)
    expect(page.locator(".row")).to_have_count(4)
    expect(page.locator("#changed")).to_be_hidden()


def test_an_unfolded_alert_stays_open_and_current_through_a_live_update_and_closes_again(
    page: Page, stage: Stage
) -> None:
    path = f"/alerts/{ALERT.alert_id}?back=/"
    stage.pages[path] = render.render(AlertPage(head=HEAD, alert=ALERT, back="/"))
    name = page.locator(f"#row-{ALERT.patient.id} .row-name")
    name.click()
    five = page.locator(f"#unfold-{ALERT.patient.id} .five")
    expect(five.locator(".sentence")).to_have_text(ALERT.reason)
    expect(name).to_have_attribute("aria-expanded", "true")
    stage.pages[path] = render.render(
        AlertPage(head=HEAD, alert=msgspec.structs.replace(ALERT, reason="Blisters spread."), back="/")
    )
    page.mouse.move(5, 5)
    stage.push("alert")
    expect(page.locator(".row")).to_have_count(4)
    expect(five.locator(".sentence")).to_have_text("Blisters spread.")
    expect(name).to_have_attribute("aria-expanded", "true")
    name.click()
    expect(five).to_have_count(0)
    expect(name).to_have_attribute("aria-expanded", "false")


def test_all_unfolded_alerts_are_current_after_a_live_update(page: Page, stage: Stage) -> None:
    shown = {row.patient.id: row.alert_id for row in ROWS[1:4]}
    for patient_id, alert_id in shown.items():
        alert = msgspec.structs.replace(ALERT, alert_id=alert_id)
        path = f"/alerts/{alert_id}?back=/"
        stage.pages[path] = render.render(AlertPage(head=HEAD, alert=alert, back="/"))
        page.locator(f"#row-{patient_id} .row-name").click()
        expect(page.locator(f"#unfold-{patient_id} .five .sentence")).to_have_text(ALERT.reason)
        alert = msgspec.structs.replace(alert, reason="Blisters spread.")
        stage.pages[path] = render.render(AlertPage(head=HEAD, alert=alert, back="/"))
    page.mouse.move(5, 5)
    stage.push("alert")
    for patient_id in shown:
        expect(page.locator(f"#unfold-{patient_id} .five .sentence")).to_have_text("Blisters spread.")


def test_a_list_that_cannot_be_had_anew_stays_and_is_said_to_be_old_until_it_can(
    page: Page, stage: Stage
) -> None:
    asked: list[Route] = []

    def fail(route: Route) -> None:
        asked.append(route)
        problem = render.render(ProblemPage(status=503, title="Busy", detail="Try again in a moment."))
        route.fulfill(status=503, content_type="text/html", body=problem)

    page.route("**/fragments/triage", fail)
    page.mouse.move(5, 5)
    stage.push("alert")
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator(".row")).to_have_count(3)
    stage.push("ping")
    expect(page.locator("#lost")).to_be_visible()
    page.unroute("**/fragments/triage", fail)
    stage.push("alert")
    expect(page.locator(".row")).to_have_count(4)
    expect(page.locator("#lost")).to_be_hidden()
    assert asked


@pytest.mark.parametrize("name", ["triage", "patient", "messages", "patient-form"])
def test_an_emergency_that_a_page_does_not_show_stays_in_its_head_until_somebody_has_it(
    browser: Browser, stage: Stage, name: str
) -> None:
    stage.pages["/here"] = render.render(PAGES[name])
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{stage.origin}/here")
    assert stage.listening.wait(PATIENCE)
    main = page.locator("main")
    itself, about = main.get_attribute("data-refresh"), main.get_attribute("data-about")
    if itself:
        stage.pages[itself] = stage.pages["/here"]
    urgent = page.get_by_role("button", name="Show the emergency")
    emergency = {"subject_id": str(uuid4()), "patient_id": str(uuid4()), "tier": "emergency"}
    stage.push("alert", **emergency, state="open")
    expect(urgent).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith(itself)) if itself else nullcontext():
        stage.push("check_in", subject_id=str(uuid4()), patient_id=about or str(uuid4()))
    expect(urgent).to_be_visible()
    stage.push("alert", **emergency, state="acknowledged")
    expect(urgent).to_be_hidden()
    page.close()


def test_an_act_in_an_unfolded_alert_comes_back_to_the_list(page: Page, stage: Stage) -> None:
    stage.pages[f"/alerts/{ALERT.alert_id}?back=/"] = render.render(
        AlertPage(head=HEAD, alert=ALERT, back="/")
    )
    page.locator(f"#row-{ALERT.patient.id} .row-name").click()
    page.locator(f"#unfold-{ALERT.patient.id}").get_by_role("button", name="No answer").click()
    _, body = stage.posted.get(timeout=PATIENCE)
    assert "back=%2F&" in body + "&"
    expect(page.locator("main.triage")).to_be_visible()


def test_keys_move_take_and_show_themselves(page: Page, stage: Stage) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".row.at")).to_have_id(f"row-{ROWS[2].patient.id}")
    page.keyboard.press("k")
    expect(page.locator(".row.at")).to_have_id(f"row-{ROWS[1].patient.id}")
    page.keyboard.press("j")
    page.keyboard.press("t")
    path, body = stage.posted.get(timeout=PATIENCE)
    assert path == f"/alerts/{ROWS[2].alert_id}/acknowledge"
    assert "csrf=sample-csrf" in body
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_resolving_asks_in_a_dialog_and_answers_where_it_was_asked(page: Page, stage: Stage) -> None:
    stage.pages[f"/alerts/{ALERT.alert_id}/resolve?back=/"] = render.render(
        ActPage(head=HEAD, alert=ALERT, act="resolve")
    )
    page.keyboard.press("j")
    page.keyboard.press("r")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Test Birch")
    stage.pages["/"] = render.render(PAGES["triage-notice"])
    dialog.get_by_label("Confirmed").check()
    dialog.get_by_role("button", name="Resolve for Test Birch").click()
    path, body = stage.posted.get(timeout=PATIENCE)
    assert path == f"/alerts/{ALERT.alert_id}/resolve"
    assert "outcome=confirmed" in body
    expect(dialog).to_be_hidden()
    expect(page.locator(f"#row-{ROWS[3].patient.id} .notice")).to_contain_text("You have it.")


def test_what_could_not_be_sent_is_said_at_its_own_button(page: Page, stage: Stage) -> None:
    row = page.locator(f"#row-{ROWS[2].patient.id}")
    page.route("**/acknowledge", lambda route: route.abort())
    row.get_by_role("button", name="Take").click()
    expect(row.get_by_role("alert")).to_contain_text("Not saved")
    assert stage.posted.empty()


def test_a_lost_connection_is_said_in_the_head_with_the_age_of_what_is_shown(
    page: Page, stage: Stage
) -> None:
    expect(page.locator("#lost")).to_be_hidden()
    stage.__exit__(None, None, None)
    expect(page.locator("#lost")).to_contain_text("Connection lost. What you see is under 1 min old")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_on_a_phone_and_targets_are_large_enough(
    browser: Browser, stage: Stage, name: str
) -> None:
    stage.pages[f"/{name}"] = render.render(PAGES[name])
    page = browser.new_page(viewport={"width": 360, "height": 780}, has_touch=True)
    page.goto(f"{stage.origin}/{name}", wait_until="domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # What is fixed at the edge of the screen makes no page scroll, and is out of reach all the same.
    beyond = page.evaluate(
        "[...document.querySelectorAll('.button')]"
        ".filter(one => one.checkVisibility() && one.getBoundingClientRect().right > 360).map(one => one.innerText)"
    )
    assert beyond == []
    small = page.evaluate(
        "[...document.querySelectorAll('.button, .tabs a, .head nav a, input:not([type=hidden], [type=radio])')]"
        # Of a box to tick the words beside it are the target, too.
        ".filter(e => e.checkVisibility()).map(e => (e.type === 'checkbox' && e.closest('label')) || e)"
        ".map(e => [e.textContent.trim(), e.getBoundingClientRect().height]).filter(([, height]) => height < 44)"
    )
    page.close()
    assert not small


@pytest.mark.parametrize("name", ["triage", "rota", "statistics"])
def test_the_open_page_is_in_sight_in_a_row_of_pages_that_is_wider_than_a_phone(
    browser: Browser, stage: Stage, name: str
) -> None:
    stage.pages[f"/{name}"] = render.render(PAGES[name])
    page = browser.new_page(viewport={"width": 360, "height": 780})
    page.goto(f"{stage.origin}/{name}")
    expect(page.locator(".head nav [aria-current]")).to_be_in_viewport(ratio=1)
    page.close()


def test_the_page_works_without_scripts(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stage.origin}/")
    page.locator(f"#row-{ROWS[2].patient.id}").get_by_role("button", name="Take").click()
    path, _ = stage.posted.get(timeout=PATIENCE)
    context.close()
    assert path == f"/alerts/{ROWS[2].alert_id}/acknowledge"
