"""Hostile text in every field of every form: a page that says what is wrong, or stored and shown escaped; never a 5xx."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote_from_bytes

import httpx

from aftercare.services.staff import csrf_of
from tests.prove.conftest import Trial
from tests.prove.hostile import MARK, TEXTS
from tests.prove.served import Served, served_clinic

_ACTS = ("attempt", "contact", "snooze", "resolve", "reopen", "end_condition", "note")
_RAW = re.compile(rf"<script>alert\('{MARK}|<img src=x onerror")
# What the form's own reading makes of it before it is shown again; nothing else is altered.
_REWRITTEN = {"country", "csrf", "version", "session_id", "back", "also", "then", "password"}


@dataclass
class Form:
    """What a page asks: where it is sent, what stands in it, and which fields take words."""

    address: str
    values: dict[str, str] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)


class Reader(HTMLParser):
    """Reads the forms of a page that are sent by POST."""

    def __init__(self, html: str, here: str) -> None:
        super().__init__()
        self.here, self.forms = here, list[Form]()
        self._inside, self._textarea = False, ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("method", "get").lower() == "post"
            if self._inside:
                self.forms.append(Form(given.get("action", self.here)))
        elif self._inside and tag in {"input", "textarea", "select"} and given.get("name"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], given["name"], given.get("type", "text")
        if tag == "textarea":
            self._textarea = name
            form.values[name] = ""
            form.words.add(name)
        elif tag == "select" or (kind in {"radio", "checkbox"} and "checked" not in given):
            form.values.setdefault(name, "")
        else:
            form.values[name] = given.get("value", "")
            if kind in {"text", "email", "tel", "search"}:
                form.words.add(name)

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].values[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        self._inside = self._inside and tag != "form"


def encoded(values: dict[str, str]) -> bytes:
    """As a browser sends it, but for what no browser would: half a pair as its bytes."""
    pairs = (
        f"{quote_from_bytes(name.encode())}={quote_from_bytes(text.encode('utf-8', 'surrogatepass'))}"
        for name, text in values.items()
    )
    return "&".join(pairs).encode()


@asynccontextmanager
async def browser(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A practitioner's, who is signed in."""
    cookies = {"aftercare": served.people["practitioner"].token}
    headers = {"accept": "text/html"}
    async with httpx.AsyncClient(
        base_url=served.address, cookies=cookies, headers=headers, timeout=60
    ) as client:
        yield client


async def forms_of(served: Served, client: httpx.AsyncClient) -> list[Form]:
    """The forms that a practitioner meets, each filled in as it comes."""
    patient, sign_in = served.people["patient"].id, "/sign-in/alpha"
    pages = ["/patients", "/patients/new", f"/patients/{patient}/edit", f"/patients/{patient}/sessions/new"]
    pages += [f"/alerts/{served.value(f'alert_{act}', 'alert_id')}/{act}" for act in _ACTS]
    found: dict[str, Form] = {}
    for page in [*pages, sign_in]:
        seen = await client.get(page)
        assert seen.status_code == 200, (page, seen.status_code)
        for form in Reader(seen.text, page).forms:
            if form.words or set(form.values) - {"csrf", "back"}:
                found.setdefault(form.address, form)
    assert len(found) >= len(pages), list(found)
    return list(found.values())


async def test_whatever_is_typed_into_a_form_is_stored_and_escaped_or_refused_on_a_page(
    tmp_path: Path, trial: Trial
) -> None:
    answers: Counter[int] = Counter()
    shown, faults = 0, list[str]()
    async with served_clinic(tmp_path) as served, browser(served) as client:
        forms = await forms_of(served, client)
        csrf = csrf_of(served.people["practitioner"].token)
        tries = [(form, name, text) for form in forms for name in form.values for text in TEXTS]
        # In the small size too, markup goes into every field that takes words.
        always = [one for one in tries if one[1] in one[0].words and one[2] == "HTML"]
        for form, name, text in tries if trial.long else always + trial.rng.sample(tries, 60):
            typed = TEXTS[text]
            values = {"name": "Alder Sample", **form.values, name: typed}
            if name != "csrf" and "sign-in" not in form.address:
                values["csrf"] = csrf
            if name != "version" and "version" in form.values:
                # Over the newest version, or only the first of all would be stored.
                there = Reader((await client.get(form.address)).text, "").forms
                values["version"] = next(one.values["version"] for one in there if "version" in one.values)
            answer = await client.post(
                form.address,
                content=encoded(values),
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            answers[answer.status_code] += 1
            what = f"{form.address} {name}: {text}"
            if answer.status_code >= 500 or _RAW.search(answer.text):
                faults.append(f"{what}: {answer.status_code} {answer.text[:300]}")
            place = answer.headers.get("location", "")
            if answer.status_code == 303:
                if not re.match(r"/(?![/\\])", place) or MARK in place:
                    faults.append(f"{what}: on to {place[:200]}")
                answer = await client.get(_edit_of(place) or place)
            again = next(
                (one for one in Reader(answer.text, "").forms if name in one.words & form.words), None
            )
            if again is not None and name not in _REWRITTEN and "sign-in" not in form.address:
                shown += 1
                # Where nothing is left of it, what the clinic has stands there.
                if _as_read(typed) and _as_read(again.values[name]) != _as_read(typed):
                    faults.append(
                        f"{what}: typed {_as_read(typed)[:80]!r}, shown {again.values[name][:80]!r}"
                    )
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:30])
    trial.say(
        f"{sum(answers.values())} of {len(tries)} texts in {len(forms)} forms, answers {dict(sorted(answers.items()))}, "
        f"{shown} shown again as typed"
    )


def _edit_of(place: str) -> str:
    """The form in which what was stored of a patient is seen as it is; empty for any other page."""
    found = re.match(r"/patients/[0-9a-f-]{36}(?=\?|$)", place)
    return f"{found[0]}/edit" if found else ""


def _as_read(typed: str) -> str:
    return typed.replace("\r\n", "\n").strip()
