"""The pages of the instructions, as staff use them, on a real database."""

import re
from html import unescape
from pathlib import Path

import pytest
from litestar import Litestar

from aftercare.care import instructions as care
from aftercare.model.instructions import Instruction, Kind, Topic
from aftercare.model.people import Actor, Patient
from aftercare.model.words import Modality, Role
from aftercare.services import me
from aftercare.services.dashboard_instructions import keyed, matrix
from aftercare.web.instruction_forms import as_typed, read_instruction
from aftercare.web.instruction_words import HEADS, SIGNS
from tests.web.practice import Practice, Window, window, words_of

WORDS = Path(__file__).parents[2] / "aftercare" / "web" / "front" / "app" / "words"


def revision_in(html: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', html)
    assert found is not None
    return found[1]


def form_in(html: str) -> dict[str, str]:
    """What a browser would send back untouched, texts and choices; several of one name line by line."""
    form = {
        name: unescape(text)
        for name, text in re.findall(r'<textarea id="[^"]*" name="([^"]+)"[^>]*>([^<]*)', html)
    }
    for tag in re.findall(r"<input [^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if (
            name
            and value
            and (" checked" in tag or ('type="radio"' not in tag and 'type="checkbox"' not in tag))
        ):
            form[name[1]] = unescape(value[1])
    for name, options in re.findall(
        r'<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        form[name] = chosen[1] if chosen else ""
    return form


async def drafted(window: Window) -> str:
    answer = await window.act("/instructions/0/draft")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("?")[0]


async def seen_by(practice: Practice, patient: Patient) -> list[str]:
    actor = Actor(clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id)
    told = (await me.get_today(practice.house.database, actor, now=practice.clock())).instructions
    assert told is not None
    return [told.items[place].text for place in told.days[0].items]


async def test_the_shipped_set_stands_there_at_a_glance(practitioner: Window) -> None:
    page = await practitioner.see("/instructions")
    said = words_of(page)
    assert "Shipped instructions" in said
    assert "nothing reaches a patient before it is published" in said
    assert all(one.texts["en"] in said for one in care.shipped().instructions)
    assert page.count("<table>") == 2


async def test_from_a_draft_to_the_patients_phone(practice: Practice, practitioner: Window) -> None:
    patient = await practice.treated("Sample Alder", days_ago=2)
    draft = await drafted(practitioner)
    assert draft == "/instructions/1"
    where = f"{draft}/edit/microneedling.cleansing.1.0"
    form = form_in(await practitioner.see(where))
    assert form["to_day"] == "6"
    saved = await practitioner.act(where, **form | {"texts/en": "Wash as we showed you.", "to_day": "9"})
    assert saved.status_code == 303, words_of(saved.text)
    page = await practitioner.see(draft)
    assert "Wash as we showed you." in page
    assert "changed" in words_of(page)
    assert "Wash as we showed you." not in await seen_by(practice, patient)
    ask = await practitioner.see(f"{draft}/publish")
    assert "Wash as we showed you." in ask
    assert "than with the shipped instructions" in words_of(ask)
    out = await practitioner.act(f"{draft}/publish", revision=revision_in(ask), note="Shorter.")
    assert out.headers["location"] == "/instructions?done=told"
    assert "Wash as we showed you." in await seen_by(practice, patient)
    now = words_of(await practitioner.see("/instructions"))
    assert "Version 1 in use" in now
    assert "Shorter." in now
    assert "Practitioner One, from shipped" in now


async def test_an_untouched_form_changes_nothing(practitioner: Window) -> None:
    draft = await drafted(practitioner)
    for key in ("microneedling.contact.1.0", "laser_genesis.usual.0.0", "microneedling.actives.0.0"):
        form = form_in(await practitioner.see(f"{draft}/edit/{key}"))
        one = keyed(care.shipped().instructions)[key]
        boxes = as_typed(one).get("call")
        typed = {name: text for name, text in form.items() if text} | ({"call": boxes} if boxes else {})
        again, problems = read_instruction(typed, one)
        assert problems == {}
        assert again is not None
        assert {*again.claims} == {*one.claims}
        assert [getattr(again, name) for name in ("texts", "from_day", "to_day", "source", "note")] == [
            getattr(one, name) for name in ("texts", "from_day", "to_day", "source", "note")
        ]


async def test_what_contradicts_the_expected_course_is_said_at_its_field_and_nothing_typed_is_lost(
    practitioner: Window,
) -> None:
    draft = await drafted(practitioner)
    where = f"{draft}/edit/microneedling.usual.5.0"
    form = form_in(await practitioner.see(where))
    typed = form | {"usual/redness": "3", "texts/en": "Deep red is usual.", "texts/es": ""}
    answer = await practitioner.act(where, **typed)
    assert answer.status_code == 422
    assert "Grade 3 is not usual on day 5: the course expects at most 1." in words_of(answer.text)
    assert "Deep red is usual." in answer.text
    assert 'id="f-usual/redness" name="usual/redness" aria-invalid="true"' in answer.text
    twice = await practitioner.act(where, **form | {"from_day": "4"})
    assert "Day 4 already has this topic" in words_of(twice.text)
    assert "Deep red" not in await practitioner.see(draft)
    empty = await practitioner.act(where, **form | {f"texts/{tag}": "" for tag in care.LANGUAGES})
    assert "Write at least one text" in words_of(empty.text)


async def test_an_instruction_is_added_and_removed(practitioner: Window) -> None:
    draft = await drafted(practitioner)
    form = form_in(await practitioner.see(f"{draft}/edit/new?modality=laser_genesis"))
    new = form | {
        "topic": "other",
        "kind": "do",
        "from_day": "0",
        "to_day": "3",
        "texts/en": "Sleep on your back.",
    }
    added = await practitioner.act(f"{draft}/edit/new", **new)
    assert added.status_code == 303, words_of(added.text)
    page = await practitioner.see(draft)
    assert "Sleep on your back." in page
    assert "no Spanish" in words_of(page)
    where = f"{draft}/edit/laser_genesis.other.0.0"
    gone = await practitioner.act(f"{where}/remove", revision=revision_in(await practitioner.see(where)))
    assert gone.status_code == 303
    assert "Sleep on your back." not in await practitioner.see(draft)
    assert (await practitioner.client.get(where)).status_code == 404


async def test_who_was_slower_loses_no_words_and_overwrites_nobody_else(practitioner: Window) -> None:
    draft = await drafted(practitioner)
    mine, theirs = f"{draft}/edit/microneedling.heat.0.0", f"{draft}/edit/microneedling.sun.0.0"
    form, other = form_in(await practitioner.see(mine)), form_in(await practitioner.see(theirs))
    await practitioner.act(theirs, **other | {"texts/en": "Shade only."})
    clash = await practitioner.act(mine, **form | {"texts/en": "Lukewarm only."})
    assert clash.status_code == 412
    assert "Lukewarm only." in clash.text
    again = await practitioner.act(mine, **form_in(clash.text))
    assert again.status_code == 303
    page = await practitioner.see(draft)
    assert "Shade only." in page
    assert "Lukewarm only." in page


async def test_a_draft_without_a_word_on_when_to_call_does_not_go_out(practitioner: Window) -> None:
    draft = await drafted(practitioner)
    where = f"{draft}/edit/laser_genesis.contact.3.0"
    await practitioner.act(f"{where}/remove", revision=revision_in(await practitioner.see(where)))
    assert "Not ready to publish. Nothing says when to call the clinic on day 3" in words_of(
        await practitioner.see(draft)
    )
    ask = await practitioner.see(f"{draft}/publish")
    refused = await practitioner.act(f"{draft}/publish", revision=revision_in(ask))
    assert refused.status_code == 422
    discarded = await practitioner.act(f"{draft}/discard", revision=str(int(revision_in(ask)) + 1))
    assert discarded.headers["location"] == "/instructions?done=undrafted"


async def test_others_look_and_only_practitioners_write(
    practitioner: Window, coordinator: Window, app: Litestar, practice: Practice
) -> None:
    draft = await drafted(practitioner)
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        for who in (coordinator, admin):
            page = await who.see(draft)
            assert "/edit/" not in page
            assert 'method="post" action="/instructions' not in page
            assert (await who.client.get(f"{draft}/publish")).status_code == 403
            assert (await who.act(f"{draft}/discard", revision="1")).status_code == 403
            assert (await who.act(f"{draft}/edit/new", revision="1")).status_code == 403


async def test_a_day_is_read_as_the_patient_reads_it(practitioner: Window) -> None:
    page = words_of(
        await practitioner.see("/instructions/0/preview?modality=laser_genesis&day=2&language=es")
    )
    here = care.on_day(care.shipped().instructions, Modality.LASER_GENESIS, 2)
    assert all(one.texts["es"] in page for one in here)
    assert "not written in" not in page
    german = words_of(await practitioner.see("/instructions/0/preview?day=0&language=de"))
    assert "Some of this is not written in de yet" in german
    assert (await practitioner.client.get("/instructions/0/preview?day=91")).status_code == 404
    assert (await practitioner.client.get("/instructions/7/preview")).status_code == 404


async def test_what_a_patient_was_shown_is_a_step_from_their_page(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder", days_ago=2, language="pt")
    here = f"/patients/{patient.patient_id}"
    assert "Sent today" not in words_of(await practitioner.see(here))
    assert "Nothing yet." in words_of(await practitioner.see(f"{here}/instructions"))
    texts = await seen_by(practice, patient)
    assert "Sent today: shipped instructions" in words_of(await practitioner.see(here))
    page = words_of(await practitioner.see(f"{here}/instructions"))
    assert "Day 2, 4 Mar" in page
    assert "not known whether read" in page
    assert all(text in page for text in texts)
    assert "Evite por agora" in page


def test_the_lists_are_headed_as_in_the_companion() -> None:
    for tag, heads in HEADS.items():
        words = (WORDS / f"{tag}.js").read_text()
        for kind, text in heads.items():
            assert f'told_{kind}: "{text}"' in words


def test_the_matrix_gives_every_instruction_its_days_and_no_row_overlaps() -> None:
    other = [
        Instruction(
            modality=Modality.MICRONEEDLING, topic=Topic.OTHER, kind=Kind.DO, from_day=start, to_day=end, texts={"en": f"{start} to {end}"}
        )
        for start, end in ((0, 5), (3, 9), (6, 6))
    ]  # fmt: skip
    whole = (*care.shipped().instructions, *other)
    for modality in Modality:
        drawn = matrix(whole, whole, modality, ("en",))
        width = len(drawn.columns)
        assert all(sum(cell.columns for cell in row.cells) == width for row in drawn.rows)
        shown = [cell.text for row in drawn.rows for cell in row.cells if cell.text]
        assert sorted(shown) == sorted(one.texts["en"] for one in whole if one.modality is modality)
    assert (
        len(
            [
                row
                for row in matrix(whole, whole, Modality.MICRONEEDLING, ("en",)).rows
                if row.topic is Topic.OTHER
            ]
        )
        == 2
    )


@pytest.mark.parametrize("sign", ["tingling", "blisters", "fresh_bleeding", "dark_patches"])
def test_every_sign_that_matters_can_be_called_about(sign: str) -> None:
    assert sign in SIGNS
