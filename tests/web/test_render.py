from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from aftercare.model.pages import AlertPage, Page, SignInPage, TriagePage
from aftercare.web.render import render
from tests.web.samples import ALERT, HEAD, PAGES, ROWS

HOSTILE = "\"'><script>steal()</script><img src=x onerror=steal()>{{ 7*7 }}"
VOID = {"meta", "link", "input", "img", "br"}
# Read by the page's own code as an IANA zone, or closed sets: not free text.
CLOSED = {
    "time_zone",
    "whose",
    "act",
    "kind",
    "may",
    "tier",
    "code",
    "state",
    "role",
    "modality",
    "outcome",
    "view",
    "answered_by",
    "prophylaxis",
    "scope",
    "advised",
}


class Reader(HTMLParser):
    """Every start tag with its attributes, whether tags were closed in order, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def poison(value: Any) -> Any:
    """The same Structs with every free text replaced by a hostile one."""
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return type(value)(**{name: old if name in CLOSED else poison(old) for name, old in fields.items()})
    if type(value) is str:
        return HOSTILE
    if isinstance(value, dict):
        return {name: poison(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return tuple(poison(part) for part in value)
    return value


def both(page: Page) -> Iterator[str]:
    yield render(page)
    yield render(page, fragment=True)


every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@every_page
def test_every_page_closes_what_it_opens_and_gives_an_id_once(page: Page) -> None:
    for html in both(page):
        read = Reader(html)
        assert not read.open
        repeated = [
            name for name, times in Counter(a["id"] for _, a in read.tags if "id" in a).items() if times > 1
        ]
        assert not repeated


@every_page
def test_no_page_needs_inline_code_or_style(page: Page) -> None:
    for html in both(page):
        for tag, attributes in Reader(html).tags:
            assert tag != "style"
            assert tag != "script" or (attributes.get("src") or "").startswith("/assets/")
            for name, value in attributes.items():
                assert name != "style"
                assert not name.startswith(("on", "hx-on"))
                assert not (name.startswith("hx-") and (value or "").startswith(("js:", "javascript:")))
                assert not (name == "hx-trigger" and "[" in (value or "")), (
                    "a filter is code that htmx evaluates"
                )
                assert name not in {"src", "href"} or not (value or "").startswith(
                    ("http", "//", "data:", "javascript:")
                )


@every_page
def test_hostile_text_stays_text_in_every_field(page: Page) -> None:
    clean, hostile = Reader(render(page)), Reader(render(poison(page)))
    assert {tag for tag, _ in hostile.tags} - {tag for tag, _ in clean.tags} <= {"strong", "p", "span"}
    assert [tag for tag, _ in hostile.tags].count("script") == 1
    assert not any(name.startswith("on") for _, attributes in hostile.tags for name in attributes)
    assert "49" not in "".join(hostile.words).replace("{{ 7*7 }}", "").split()


@every_page
def test_the_fragment_is_the_pages_own_main(page: Page) -> None:
    whole, part = render(page), render(page, fragment=True).strip()
    assert part.startswith("<main")
    assert part.endswith("</main>")
    assert "".join(part.split()) in "".join(whole.split())


@every_page
def test_every_form_that_changes_something_carries_the_token(page: Page) -> None:
    html = render(page)
    posts = html.count('method="post"')
    assert posts == html.count('name="csrf"')


@every_page
def test_no_page_says_that_all_is_well(page: Page) -> None:
    words = " ".join("".join(Reader(render(page)).words).lower().split())
    assert "all is well" not in words
    assert "!" not in words


def test_sign_in_says_what_this_is_not() -> None:
    html = render(SignInPage(clinic="Sample Clinic", clinic_key="sample", csrf="c"))
    assert (
        "Not CE/UKCA marked or FDA cleared. For development and evaluation; not for care until the responsible manufacturer has released it."
        in html
    )


def test_rows_stand_in_the_order_they_came_in() -> None:
    html = render(TriagePage(head=HEAD, rows=ROWS))
    at = [html.index(f'id="row-{row.patient.id}"') for row in ROWS]
    assert at == sorted(at)


def test_a_tier_is_word_and_shape_and_colour() -> None:
    html = render(TriagePage(head=HEAD, rows=ROWS[:1]))
    badge = html[html.index('class="tier emergency"') :].split("</span>")[0]
    assert "<svg" in badge
    assert badge.endswith("Emergency")


def test_a_deadline_carries_its_instant_for_hover_focus_and_the_clock() -> None:
    html = render(TriagePage(head=HEAD, rows=ROWS[1:2]))
    assert "late by 3 min" in html
    assert 'title="Reach the patient by Thursday 5 March 2026, 14:21 (Europe/Berlin)"' in html
    assert f'datetime="{(ROWS[1].deadline or HEAD.now).isoformat()}"' in html


def test_only_what_the_reader_may_do_is_offered() -> None:
    html = render(AlertPage(head=HEAD, alert=msgspec.structs.replace(ALERT, may=frozenset({"attempt"}))))
    assert f'action="/alerts/{ALERT.alert_id}/attempt"' in html
    for act in ("acknowledge", "contact", "snooze", "resolve", "reopen", "note"):
        assert f'data-act="{act}"' not in html


def test_resolving_shows_the_patients_name_and_asks_for_an_outcome() -> None:
    html = render(PAGES["resolve"])
    assert "Resolve for Test Birch" in html
    assert html.count('name="outcome"') == 4


def test_the_five_second_view_says_everything_it_must() -> None:
    words = " ".join("".join(Reader(render(PAGES["alert"])).words).split())
    for said in (
        "Test Birch", "S-1002", "46 years", "day 4 after needling 1.5 mm", "Blisters the day before: none", "had cold sores",
        "allergy: penicillin", "skin type III", "ibuprofen", "prophylaxis advised", "52 min left", "Coordinator Two", "Call the clinic today.",
        "call 116117.” sent with the answer at once", "the patient", "reported Tuesday, arrived Thursday", "Close-up, 24 h before the report, 3 days ago", "Call",
    ):  # fmt: skip
        assert said in words


def test_an_unknown_risk_is_said_and_is_never_a_no() -> None:
    words = "".join(Reader(render(PAGES["patient-new"])).words)
    assert "not known: cold sores, allergies" in words
    assert "no allergies" not in words


def test_what_came_of_an_act_stands_at_its_alert() -> None:
    html = render(PAGES["triage-notice"])
    row = html[html.index(f'id="row-{ROWS[3].patient.id}"') : html.index(f'id="row-{ROWS[4].patient.id}"')]
    assert "You have it. Reach the patient by 14:54." in row
    assert html.count("You have it.") == 1
