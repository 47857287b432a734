"""The rota and the clinic's settings as people see and use them, without JavaScript."""

import re

from aftercare.model.chains import ChainDraft, Step
from aftercare.model.words import Role, Tier
from aftercare.services import chains, clinic_settings, rotas
from aftercare.web.hours_text import read_spans, read_week, spans_text, week_texts
from aftercare.web.rota import rota_draft
from tests.web.practice import Practice, Window, as_sent, words_of
from tests.web.turns import only_rota, turns


async def test_an_empty_page_says_what_a_rota_changes_and_a_form_what_is_wrong_with_it(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    page = words_of(await practitioner.see("/rota"))
    assert "No rota yet" in page
    assert "goes to every practitioner" in page
    assert "Add a rota" in page
    assert "Add a rota" not in words_of(await coordinator.see("/rota"))
    # What is wrong is said at its field, and what was typed stays.
    wrong = turns(practice, every_days="40", window0="nights", name="A name")
    answer = await practitioner.act("/rota", **wrong)
    assert answer.status_code == 422
    page = words_of(answer.text)
    assert "Choose who begins." in page
    assert "Write times such as 09:00-13:00" in page
    assert 'value="A name"' in answer.text
    assert 'value="nights"' in answer.text


async def test_a_rota_is_drawn_day_by_day_with_its_hand_overs(
    practice: Practice, practitioner: Window
) -> None:
    answer = await practitioner.act("/rota", **turns(practice, Role.PRACTITIONER, Role.COORDINATOR))
    assert answer.status_code == 303, answer.text
    html = await practitioner.see(answer.headers["location"])
    page = words_of(html)
    assert "Saved. Alerts follow these turns from now on." in page
    assert "Practitioner One is on call until Mon 08:00 , then Coordinator One." in page
    assert "Handed over at 08:00, every 7 days: Practitioner One, Coordinator One." in page
    bands = re.findall(r'aria-label="(\w+ \d+ \w+): ([^"]*)"', html)
    assert len(bands) == 14
    assert dict(bands)["Mon 9 Mar"] == (
        "Practitioner One, Wed 00:00 to Mon 08:00; Coordinator One, Mon 08:00 to Mon 08:00"
    )
    # Mondays are handed over: two of them are among the days.
    assert html.count('class="band-mark" width="3" height="32"') == 2
    path = f"/rota/{(await only_rota(practice)).rota_id}"
    edit = turns(practice, Role.PRACTITIONER, version="1", window0="18:00-08:00")
    assert (await practitioner.act(path, **edit)).status_code == 303
    assert (await only_rota(practice)).windows != ()


async def test_a_gap_is_hatched_on_the_page_and_said_on_every_head_but_not_to_coordinators(
    practice: Practice, practitioner: Window, coordinator: Window, admin: Window
) -> None:
    await admin.act("/rota", **turns(practice, Role.PRACTITIONER))
    rota = await only_rota(practice)
    over = {
        "starts_at": "2026-03-07T19:00",
        "ends_at": "2026-03-08T08:00",
        "staff_id": "nobody",
        "reason": "away",
    }
    answer = await admin.act(f"/rota/{rota.rota_id}/overrides", **over)
    assert answer.status_code == 303, answer.text
    html = await admin.see("/rota")
    assert 'fill="url(#hatch)"' in html
    # The clinic closes at 18:00 and opens at 08:00, every day.
    assert "Nobody is on call Saturday 19:00 to Sunday 08:00" in words_of(html)
    told = "Nobody is on call Saturday 19:00 to Sunday 08:00. Put somebody in"
    assert told in words_of(await practitioner.see("/"))
    assert told in words_of(await admin.see("/statistics"))
    assert "on call" not in words_of(await coordinator.see("/"))
    (laid,) = (await only_rota(practice)).overrides
    await admin.act(f"/rota/{rota.rota_id}/overrides/{laid.override_id}/remove")
    assert "Nobody is on call" not in words_of(await practitioner.see("/"))


async def test_who_is_on_call_hands_over_a_shift_of_their_own_only(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    await practitioner.act("/rota", **turns(practice, Role.COORDINATOR, Role.PRACTITIONER))
    rota = await only_rota(practice)
    path = f"/rota/{rota.rota_id}/overrides"
    page = await coordinator.see("/rota")
    assert "Hand over a shift of yours" in page
    assert "Change the turns" not in page
    swap = {"starts_at": "2026-03-04T18:00", "ends_at": "2026-03-05T08:00"}
    to = {"staff_id": str(practice.team[Role.PRACTITIONER].id)}
    assert (await coordinator.act(path, **swap, **to)).status_code == 303
    theirs = {"starts_at": "2026-03-10T18:00", "ends_at": "2026-03-11T08:00"}
    refused = await coordinator.act(path, **theirs, **to)
    assert refused.status_code == 403
    assert "only time in which you are on call yourself" in refused.text
    assert 'value="2026-03-10T18:00"' in refused.text
    assert (await coordinator.act("/rota", **turns(practice, Role.COORDINATOR))).status_code == 403


async def test_admins_set_hours_and_holidays_and_others_read_them(
    practice: Practice, practitioner: Window, coordinator: Window, admin: Window
) -> None:
    assert (await coordinator.client.get("/clinic-settings")).status_code == 403
    page = await practitioner.see("/clinic-settings")
    assert "Save hours and holidays" not in page
    form = {
        "version": "1", "name": "Harbour", "phone": "+44 20 7946 0000", "day0": "09:00-12:30, 14:00 - 18.00",
        "on0": "2026-12-25", "name0": "Christmas Day", "on1": "2026-12-24", "name1": "Christmas Eve", "hours1": "09:00-12:00",
    }  # fmt: skip
    assert (await practitioner.act("/clinic-settings", **form)).status_code == 403
    answer = await admin.act("/clinic-settings", **form)
    assert answer.status_code == 303, answer.text
    found = await clinic_settings.get_settings(practice.house.database, practice.team[Role.ADMIN])
    assert spans_text(found.openings) == "09:00-12:30, 14:00-18:00"
    assert [one.name for one in found.holidays] == ["Christmas Eve", "Christmas Day"]
    wrong = await admin.act(
        "/clinic-settings", **(form | {"version": "2", "day1": "nine", "on1": "2026-12-25"})
    )
    assert wrong.status_code == 422
    assert "Write times such as" in wrong.text
    twice = await admin.act("/clinic-settings", **(form | {"version": "2", "on1": "2026-12-25"}))
    assert "another holiday has this date" in twice.text


async def test_a_chain_is_read_in_words_and_written_by_choices(
    practice: Practice, practitioner: Window
) -> None:
    page = words_of(await practitioner.see("/clinic-settings"))
    assert (
        "each step has 15 minutes whoever has it, or every practitioner everyone at the clinic, until" in page
    )
    who = practice.team[Role.COORDINATOR].id
    steps = {"step0": "on_call", "step1": f"person:{who}", "step2": "role:practitioner"}
    answer = await practitioner.act("/clinic-settings/chains/emergency", version="0", **steps)
    assert answer.status_code == 303, answer.text
    page = words_of(await practitioner.see("/clinic-settings"))
    assert (
        "who is on call Coordinator One every practitioner everyone at the clinic, until somebody acts"
        in page
    )
    strange = await practitioner.act("/clinic-settings/chains/soon", version="0", step0="person:nobody")
    assert strange.status_code == 422


async def test_an_alerts_next_step_is_named_as_the_clinic_wrote_it(
    practice: Practice, practitioner: Window
) -> None:
    await chains.put_chain(
        practice.house.database,
        practice.team[Role.PRACTITIONER],
        Tier.SAME_DAY,
        ChainDraft(
            steps=(Step(tells="owner"), Step(tells="person", staff_id=practice.team[Role.COORDINATOR].id))
        ),
        version=0,
        now=practice.clock(),
    )
    alert = await practice.prodrome()
    assert "12:00 to Coordinator One" in words_of(await practitioner.see(f"/alerts/{alert.id}"))


def test_hours_are_read_as_people_write_them() -> None:
    spans = read_spans("9:00-13:00; 14.00 – 18:30")
    assert spans is not None
    assert spans_text(spans) == "09:00-13:00, 14:00-18:30"
    assert read_spans("") == ()
    night = read_spans("18:00 to 24:00")
    assert night is not None
    assert spans_text(night) == "18:00-00:00"
    for wrong in ("nine to five", "25:00-26:00", "09:00", "09:00-17:00-18:00", "24:30-25:00"):
        assert read_spans(wrong) is None
    openings, unread = read_week(["09:00-17:00", "x", "", "", "", "", "10:00-11:00"])
    assert unread == (1,)
    assert week_texts(openings) == ["09:00-17:00", "", "", "", "", "", "10:00-11:00"]


async def test_a_long_rota_and_a_long_chain_lose_nobody_when_they_are_saved_as_they_stand(
    practice: Practice, practitioner: Window
) -> None:
    database, by = practice.house.database, practice.team[Role.PRACTITIONER]
    one, other = (practice.team[role].id for role in (Role.PRACTITIONER, Role.COORDINATOR))
    draft = rota_draft(turns(practice, *(Role.PRACTITIONER, Role.COORDINATOR) * 8))[0]
    assert draft is not None
    made = await rotas.create_rota(database, by, draft, now=practice.clock())
    path = f"/rota/{made.rota_id}"
    saved = await practitioner.act(path, **as_sent(await practitioner.see("/rota"), path))
    assert saved.status_code == 303
    assert (await only_rota(practice)).participants == (one, other) * 8

    steps = tuple(Step(tells="person", staff_id=(one, other)[place % 2]) for place in range(9))
    await chains.put_chain(database, by, Tier.SOON, ChainDraft(steps=steps), version=0, now=practice.clock())
    path = "/clinic-settings/chains/soon"
    saved = await practitioner.act(path, **as_sent(await practitioner.see("/clinic-settings"), path))
    assert saved.status_code == 303
    async with database.clinic(practice.clinic_id) as db:
        kept = (await chains.written(db, practice.clinic_id))[Tier.SOON].steps
    assert kept[:9] == steps
