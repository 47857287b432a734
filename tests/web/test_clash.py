"""Two who change the same thing at once: what was typed stands beside what is on record now, and is saved after a look."""

from litestar import Litestar

from aftercare.model.chains import ChainDraft, Step
from aftercare.model.words import Code, Role, Tier
from aftercare.services import chains, clinic_settings, scripts
from tests.web.practice import Practice, Window, as_sent, window, words_of
from tests.web.turns import only_rota, turns


async def test_turns_that_a_colleague_changed_meanwhile_stand_beside_mine_and_mine_are_saved_after(
    practice: Practice, practitioner: Window, admin: Window
) -> None:
    await admin.act("/rota", **turns(practice, Role.PRACTITIONER))
    path = f"/rota/{(await only_rota(practice)).rota_id}"
    theirs = turns(practice, Role.COORDINATOR, version="1", name="Weekends", window6="18:00-08:00")
    assert (await admin.act(path, **theirs)).status_code == 303
    mine = turns(
        practice,
        *(Role.PRACTITIONER, Role.COORDINATOR) * 4,
        version="1",
        every_days="3",
        window0="18:00 - 08:00",
    )
    late = await practitioner.act(path, **mine)
    assert late.status_code == 412
    page = words_of(late.text)
    assert "A colleague changed this rota while you were writing; nothing of yours was saved." in page
    for said in (
        "On record now: Weekends",
        "On record now: 7",
        "On record now: Coordinator One",
        "On record now: 18:00-08:00",
    ):
        assert said in page
    assert page.count("On record now: ") == 5  # the hours of Monday besides, which are not on record
    assert (await only_rota(practice)).name == "Weekends"
    again = as_sent(late.text, path)
    assert again["version"] == "2"
    saved = await practitioner.act(path, **again)
    assert saved.status_code == 303, saved.text
    found = await only_rota(practice)
    assert (found.name, found.every_days, len(found.participants), len(found.windows)) == ("Nights", 3, 8, 1)


async def test_what_is_wrong_with_a_form_does_not_hide_that_it_was_overtaken(
    practice: Practice, practitioner: Window, admin: Window
) -> None:
    await admin.act("/rota", **turns(practice, Role.PRACTITIONER))
    path = f"/rota/{(await only_rota(practice)).rota_id}"
    assert (await admin.act(path, **turns(practice, Role.COORDINATOR, version="1"))).status_code == 303
    wrong = await practitioner.act(path, **turns(practice, Role.PRACTITIONER, version="1", every_days="40"))
    page = words_of(wrong.text)
    assert "A colleague changed this rota while you were writing" in page
    assert "Not as it should be" in page
    assert "On record now: Coordinator One" in page


async def test_a_rota_removed_meanwhile_is_offered_as_a_new_one(
    practice: Practice, practitioner: Window, admin: Window
) -> None:
    await admin.act("/rota", **turns(practice, Role.PRACTITIONER))
    path = f"/rota/{(await only_rota(practice)).rota_id}"
    assert (await admin.act(f"{path}/remove")).status_code == 303
    late = await practitioner.act(path, **turns(practice, Role.COORDINATOR, version="1", name="Mine"))
    assert late.status_code == 404
    assert "A colleague removed this rota while you were writing." in words_of(late.text)
    saved = await practitioner.act("/rota", **as_sent(late.text, "/rota"))
    assert saved.status_code == 303, saved.text
    assert (await only_rota(practice)).name == "Mine"


async def test_a_rota_that_a_chain_asks_is_not_removed_and_nobody_is_said_to_have_changed_it(
    practice: Practice, practitioner: Window
) -> None:
    await practitioner.act("/rota", **turns(practice, Role.PRACTITIONER))
    rota_id = (await only_rota(practice)).rota_id
    steps = ChainDraft(steps=(Step(tells="on_call", rota_id=rota_id),))
    by = practice.team[Role.PRACTITIONER]
    await chains.put_chain(practice.house.database, by, Tier.SOON, steps, version=0, now=practice.clock())
    refused = await practitioner.act(f"/rota/{rota_id}/remove")
    assert refused.status_code == 409
    assert "An escalation chain asks this rota." in words_of(refused.text)
    assert "A colleague" not in refused.text


async def test_hours_and_holidays_that_changed_meanwhile_stand_beside_mine(
    app: Litestar, practice: Practice, admin: Window
) -> None:
    day = {"on0": "2026-12-25", "name0": "Christmas Day"}
    form = {"version": "1", "name": "Harbour", "phone": "", "day0": "09:00-17:00"} | day
    async with window(app) as other:
        await other.sign_in(practice, Role.ADMIN)
        theirs = form | {
            "day0": "08:00-12:00",
            "on1": "2026-08-31",
            "name1": "Summer",
            "phone": "+44 20 7946 0000",
        }
        assert (await other.act("/clinic-settings", **theirs)).status_code == 303
    mine = form | {f"on{row}": f"2026-05-{row:02}" for row in range(1, 9)}
    mine |= {f"name{row}": f"Day {row}" for row in range(1, 9)}
    late = await admin.act("/clinic-settings", **mine)
    assert late.status_code == 412
    page = words_of(late.text)
    assert "A colleague changed these settings while you were writing; nothing of yours was saved." in page
    assert "On record now: 08:00-12:00" in page
    assert "On record now: +44 20 7946 0000" in page
    assert (
        "On record now, and not here: 2026-08-31 Summer, closed. Here, and not on record: 2026-05-01 Day 1, closed;"
        in page
    )
    saved = await admin.act("/clinic-settings", **as_sent(late.text, "/clinic-settings"))
    assert saved.status_code == 303, saved.text
    found = await clinic_settings.get_settings(practice.house.database, practice.team[Role.ADMIN])
    assert (found.version, found.phone, len(found.holidays)) == (3, "", 9)


async def test_steps_that_changed_meanwhile_stand_above_mine(
    practice: Practice, practitioner: Window, admin: Window
) -> None:
    path = "/clinic-settings/chains/soon"
    assert (await admin.act(path, version="0", step0="on_call")).status_code == 303
    roles = {f"step{place}": f"role:{role}" for place, role in enumerate([*Role, *Role])}
    late = await practitioner.act(path, version="0", **roles)
    assert late.status_code == 412
    page = words_of(late.text)
    assert "A colleague changed these steps while you were choosing; nothing of yours was saved." in page
    assert "who is on call everyone at the clinic, until somebody acts" in page
    saved = await practitioner.act(path, **as_sent(late.text, path))
    assert saved.status_code == 303, saved.text
    found = await chains.get_chain(practice.house.database, practice.team[Role.ADMIN], Tier.SOON)
    assert [step.role for step in found.steps[:-1]] == [*Role, *Role]


async def test_a_script_that_changed_meanwhile_stands_below_mine(
    practice: Practice, practitioner: Window
) -> None:
    path, by = "/scripts/burn", practice.team[Role.PRACTITIONER]
    assert (await practitioner.act(path, version="0", ask="Theirs?", advise="The same.")).status_code == 303
    late = await practitioner.act(path, version="0", ask="Mine?", advise="The same.", send_on="An eye.")
    assert late.status_code == 412
    page = words_of(late.text)
    assert "A colleague changed this script while you were writing; nothing of yours was saved." in page
    assert "On record now: Theirs?" in page
    assert "On record now: nothing." in page
    assert page.count("On record now:") == 2
    saved = await practitioner.act(path, version="1", ask="Mine?", advise="The same.", send_on="An eye.")
    assert saved.status_code == 303
    assert 'name="version" value="1"' in late.text
    found = await scripts.get_script(practice.house.database, by, Code.BURN)
    assert (found.version, found.ask) == (2, ("Mine?",))
