"""The pages about the clinic's rules, without scripts: what they show, a draft written, tried, released and taken back."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from litestar import Litestar

from aftercare.model.words import Role
from aftercare.services.house import House
from tests.web.practice import Clock, Practice, Window, window, words_of


@pytest.fixture
async def new_practice(app: Litestar, house: House, clock: Clock) -> Practice:
    """A clinic whose rules nobody has released yet."""
    return await Practice(house, clock, "quay").begin(released=False)


@pytest.fixture
async def new_practitioner(app: Litestar, new_practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(new_practice)
        yield opened


async def drafted(by: Window, number: str = "1") -> str:
    """The address of a new draft."""
    made = await by.act("/rules/drafts", number=number)
    assert made.status_code == 303, made.text
    return made.headers["location"].removesuffix("/edit")


async def test_a_new_clinic_is_told_that_its_rules_are_in_shadow_and_releases_them_by_name(
    new_practitioner: Window, new_practice: Practice
) -> None:
    patient = await new_practice.treated("Sample Alder")
    await new_practice.says(patient, pain=3)
    assert "The rules are in shadow." in words_of(await new_practitioner.see("/"))
    rules = words_of(await new_practitioner.see("/rules"))
    assert "Muted in the last 28 days" in rules
    assert "Pain severe Same day 1 1" in rules
    question = words_of(await new_practitioner.see("/rules/1/release"))
    assert "The release stands in your name: Practitioner One" in question

    done = await new_practitioner.act("/rules/1/release", version="1")

    assert done.status_code == 303
    shown = words_of(await new_practitioner.see(done.headers["location"]))
    assert "Released. From the next check-in on these rules alert." in shown
    assert "Pack 1 Live" in shown
    assert "released by Practitioner One" in shown
    assert "The rules are in shadow." not in words_of(await new_practitioner.see("/"))


async def test_a_draft_is_written_and_says_what_it_changes(practitioner: Window) -> None:
    draft = await drafted(practitioner)
    saved = await practitioner.act(
        f"{draft}/edit",
        version="1",
        note="White bumps clear by themselves.",
        **{
            "/rows/milia.white_bumps/tier": "off",
            "/fever/celsius": "37.8",
            "/expected/laser_genesis/warmth": "2 1 0",
        },
    )
    assert saved.status_code == 303, words_of(saved.text)
    shown = words_of(await practitioner.see(saved.headers["location"]))
    assert "Milia: white bumps: off no yes" in shown
    assert "Fever: Celsius 38 37.8" in shown
    assert "White bumps clear by themselves." in shown
    assert 'value="37.8"' in await practitioner.see(f"{draft}/edit")


async def test_a_draft_begins_with_fewer_alerts_and_shows_what_waits(practitioner: Window) -> None:
    rules = words_of(await practitioner.see("/rules"))
    assert "Fewer alerts: a pack to begin with" in rules
    assert "Patients who ever alert goal: at most 20 % 26.1 % 18.7 %" in rules
    assert "Complications told in time goal: at least 97 % 97.6 % 97.4 %" in rules

    made = await practitioner.act("/rules/drafts", preset="fewer-alerts-1")

    assert made.status_code == 303, made.text
    draft = made.headers["location"].removesuffix("/edit")
    shown = words_of(await practitioner.see(draft))
    assert "Swelling: moderate: alone from day 0 6" in shown
    assert "alone only from day 8" in shown
    form = await practitioner.see(f"{draft}/edit")
    assert 'name="/rows/swelling.moderate/alone_from_day" value="6"' in form
    assert 'name="/rows/cold_sore.tingling/alone_from_day"' not in form


async def test_the_day_from_which_a_row_counts_alone_is_typed_and_refused_for_the_floor(
    practitioner: Window,
) -> None:
    draft = await drafted(practitioner)
    typed = {"version": "1", "/rows/pain.moderate/alone_from_day": "5"}
    saved = await practitioner.act(f"{draft}/edit", **typed)
    assert saved.status_code == 303, saved.text
    assert "Pain: moderate: alone from day 0 5" in words_of(await practitioner.see(draft))
    typed = {
        "version": "2",
        "/rows/pain.moderate/alone_from_day": "91",
        "/rows/eye.vision/alone_from_day": "3",
    }
    refused = await practitioner.act(f"{draft}/edit", **typed)
    assert refused.status_code == 422
    assert "This must be a whole number from 0 to 90." in words_of(refused.text)
    assert 'name="/rows/pain.moderate/alone_from_day" aria-invalid="true"' in refused.text
    assert 'value="91"' in refused.text


async def test_what_is_below_the_floor_is_said_at_its_field_and_nothing_typed_is_lost(
    practitioner: Window,
) -> None:
    draft = await drafted(practitioner)
    refused = await practitioner.act(
        f"{draft}/edit", version="1", note="Warmer.", **{"/fever/celsius": "39", "/pain/some": "two"}
    )
    assert refused.status_code == 422
    page = words_of(refused.text)
    assert "infection.fever" in page
    assert "This must be a whole number from 1 to 4." in page
    assert (
        'name="/fever/celsius" aria-invalid="true" aria-describedby="p-fever-celsius" value="39"'
        in refused.text
    )
    assert 'value="two"' in refused.text
    assert "Warmer." in refused.text
    assert "Nothing: every number and row is the same." in words_of(await practitioner.see(draft))


async def test_two_who_write_one_draft_do_not_overwrite_each_other_unseen(practitioner: Window) -> None:
    draft = await drafted(practitioner)
    for status in (303, 412):
        answer = await practitioner.act(f"{draft}/edit", version="1", **{"/pain/some": "1"})
        assert answer.status_code == status
    assert "A colleague changed this draft" in words_of(answer.text)


async def test_a_draft_goes_into_shadow_live_and_an_older_pack_comes_back(practitioner: Window) -> None:
    draft = await drafted(practitioner)
    shadow = await practitioner.act(f"{draft}/shadow", version="1")
    assert "In shadow: it judges everything" in words_of(await practitioner.see(shadow.headers["location"]))
    stale = await practitioner.act(f"{draft}/release", version="1")
    assert stale.status_code == 412
    assert "Someone changed this since you read it." in words_of(stale.text)
    await practitioner.act(f"{draft}/release", version="2")
    back = await practitioner.act("/rules/1/restore", version="2")
    assert back.headers["location"].startswith("/rules/3?")
    assert "Pack 3 Live" in words_of(await practitioner.see("/rules"))


async def test_everyone_reads_the_rules_and_only_practitioners_write_them(
    app: Litestar, practice: Practice, coordinator: Window
) -> None:
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        for reader in (coordinator, admin):
            page = await reader.see("/rules")
            assert "New draft" not in page
            assert "Tongue or throat swelling" in page
            for refused in (
                await reader.client.get("/rules/1/release"),
                await reader.act("/rules/drafts", number="1"),
                await reader.act("/rules/1/retire", version="1"),
            ):
                assert refused.status_code == 403
    assert 'href="/rules"' in await coordinator.see("/")


async def test_a_pack_or_an_act_that_is_not_there_is_a_page_that_says_so(practitioner: Window) -> None:
    for path in ("/rules/77", "/rules/0", "/rules/77/release", "/rules/1/burn", "/rules/1/edit/again"):
        assert (await practitioner.client.get(path)).status_code == 404, path
    answer = await practitioner.client.get("/rules/1/edit")
    assert answer.status_code == 409
    assert "Make a new draft of it." in words_of(answer.text)


async def test_a_patients_curves_are_drawn_over_the_band_of_the_clinics_own_pack(
    practitioner: Window, practice: Practice
) -> None:
    patient = await practice.treated("Sample Birch")
    await practice.says(patient, dryness=3)
    before = await practitioner.see(f"/patients/{patient.patient_id}")
    draft = await drafted(practitioner)
    none = " ".join("0" * 10)
    await practitioner.act(f"{draft}/edit", version="1", **{"/expected/microneedling/dryness": none})
    await practitioner.act(f"{draft}/release", version="2")
    after = await practitioner.see(f"/patients/{patient.patient_id}")

    assert "Day 3: severe; expected up to severe" in before
    assert "Day 3: severe; expected up to none" in after


async def test_the_pack_that_judges_is_shown_however_many_were_written_since(
    practice: Practice, practitioner: Window, database_url: str
) -> None:
    root = await asyncpg.connect(database_url)
    await root.execute(
        """insert into rule_packs (clinic_id, number, pack_id, base, changes, digest, state, created_at, retired_at)
           select clinic_id, number + n, gen_random_uuid(), base, changes, digest, 'retired',
                  created_at + n * interval '1 minute', created_at + n * interval '1 minute'
           from rule_packs, generate_series(1, 201) n where clinic_id = $1 and number = 1""",
        practice.clinic_id,
    )
    await root.close()
    assert "Pack 1 Live" in words_of(await practitioner.see("/rules"))
    assert "Pack 2" in words_of(await practitioner.see("/rules/2"))
    assert "Pack 2" in words_of(await practitioner.see("/rules/2/restore"))
