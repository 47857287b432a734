"""The staff as an admin works with them, and as everybody else reads them."""

from uuid import UUID, uuid4

from litestar import Litestar

from aftercare.model.chains import ChainDraft, Step
from aftercare.model.words import AlertState, Role, Tier
from aftercare.services import chains, rotas
from aftercare.web.rota import rota_draft
from tests.web.practice import PASSWORD, Practice, Window, window, words_of

NEW = {
    "name": "Coordinator Two",
    "email": "two@harbour.invalid",
    "role": "coordinator",
    "password": " spaced out ",
}


def account(practice: Practice, role: Role) -> str:
    return f"/staff/{practice.team[role].id}"


async def can_sign_in(app: Litestar, practice: Practice, email: str, password: str) -> bool:
    async with window(app) as browser:
        door = f"/sign-in/{practice.handle}"
        token = (await browser.client.get(door)).text.split('name="csrf" value="')[1].split('"')[0]
        answer = await browser.client.post(door, data={"csrf": token, "email": email, "password": password})
        return answer.status_code == 303


async def test_everybody_reads_who_works_here_and_only_admins_change_it(
    practice: Practice, practitioner: Window, coordinator: Window, admin: Window
) -> None:
    page = words_of(await coordinator.see("/staff"))
    assert "They sign in at http://clinic.test/sign-in/harbour." in page
    assert "Practitioner One practitioner practitioner@harbour.invalid no alerts in hand since 4 Mar" in page
    assert "Add a colleague" not in page
    assert 'href="/staff"' in await coordinator.see("/me")
    path = account(practice, Role.COORDINATOR)
    for browser in (practitioner, coordinator):
        assert (await browser.client.get(path)).status_code == 403
        for act in ("", f"{path}/disable".removeprefix("/staff"), f"{path}/password".removeprefix("/staff")):
            assert (await browser.act(f"/staff{act}", **NEW)).status_code == 403
    assert "Add a colleague" in words_of(await admin.see("/staff"))
    assert 'href="/staff" aria-current="page"' in await admin.see("/staff")


async def test_a_colleague_is_added_and_signs_in_with_the_password_as_it_was_typed(
    app: Litestar, practice: Practice, admin: Window
) -> None:
    wrong = await admin.act("/staff", name=" Coordinator Two ", email="two", password="kestrel")
    assert wrong.status_code == 422
    page = words_of(wrong.text)
    assert "Nobody was added yet" in page
    assert "Choose what they do here." in page
    assert "Choose one of 10 to 200 characters." in page
    assert 'value="Coordinator Two"' in wrong.text
    assert "kestrel" not in wrong.text
    made = await admin.act("/staff", **NEW)
    assert made.status_code == 303, made.text
    assert "Added. Tell them where they sign in, and the password." in words_of(
        await admin.see(made.headers["location"])
    )
    assert await can_sign_in(app, practice, "two@harbour.invalid", " spaced out ")
    twice = await admin.act("/staff", **NEW)
    assert twice.status_code == 409
    assert "Someone in this clinic has this e-mail already." in words_of(twice.text)


async def test_what_shutting_out_comes_to_is_said_before_and_is_what_happens(
    app: Litestar, practice: Practice, practitioner: Window, admin: Window
) -> None:
    alert = await practice.prodrome()
    database, by, now = practice.house.database, practice.team[Role.PRACTITIONER], practice.clock()
    assert (await practitioner.act(f"/alerts/{alert.id}/acknowledge")).status_code == 303
    turns = {"name": "Nights", "hand_over": "08:00", "every_days": "7", "starts_on": "2026-03-02"}
    draft = rota_draft(turns | {"person0": str(by.id)})[0]
    assert draft is not None
    await rotas.create_rota(database, by, draft, now=now)
    steps = ChainDraft(steps=(Step(tells="person", staff_id=by.id),))
    await chains.put_chain(database, by, Tier.SAME_DAY, steps, version=0, now=now)
    assert "to reach: 1 same day" in words_of(await admin.see("/staff"))
    path = account(practice, Role.PRACTITIONER)
    page = words_of(await admin.see(path))
    assert "The alert they have yet to reach the patient of (1 same day) becomes open for everybody" in page
    assert "They take turns in Nights: their turns are nobody’s" in page
    assert "A step for same day names them and is passed over" in page
    assert "They are the only practitioner" in page
    assert "Sample Alder" not in page
    done = await admin.act(f"{path}/disable")
    assert done.status_code == 303, done.text
    page = words_of(await admin.see(done.headers["location"]))
    assert "Shut out. What they had yet to reach is open for everybody." in page
    assert "Shut out since 10:00" in page
    found = await practice.now_is(alert.id)
    assert (found.state, found.owner) == (AlertState.OPEN, None)
    assert (await practitioner.client.get("/")).status_code == 303
    assert not await can_sign_in(app, practice, practice.email(Role.PRACTITIONER), PASSWORD)
    listed = words_of(await admin.see("/staff"))
    assert listed.index("No longer here") < listed.index("Practitioner One")
    late = await admin.act(f"{path}/password", password="another synthetic one")
    assert late.status_code == 404
    assert "Nobody who works at this clinic has this id." in words_of(late.text)
    assert (await admin.act(f"{path}/enable")).status_code == 303
    assert await can_sign_in(app, practice, practice.email(Role.PRACTITIONER), PASSWORD)


async def test_an_admin_is_told_why_they_cannot_lock_themselves_out(
    app: Litestar, practice: Practice, admin: Window
) -> None:
    path = account(practice, Role.ADMIN)
    page = await admin.see(path)
    assert "Nobody shuts out themselves, so that a clinic always has an admin" in words_of(page)
    assert f"{path}/disable" not in page
    assert f"{path}/password" not in page
    for act in ("disable", "password"):
        refused = await admin.act(f"{path}/{act}", password="another synthetic one")
        assert refused.status_code == 409
        assert "Nobody does this to their own account. Ask another admin." in words_of(refused.text)
    assert await can_sign_in(app, practice, practice.email(Role.ADMIN), PASSWORD)


async def test_a_password_set_anew_ends_what_was_open_and_is_not_shown(
    app: Litestar, practice: Practice, coordinator: Window, admin: Window
) -> None:
    path = account(practice, Role.COORDINATOR)
    short = await admin.act(f"{path}/password", password="kestrel")
    assert short.status_code == 422
    assert "Choose one of 10 to 200 characters." in words_of(short.text)
    assert "kestrel" not in short.text
    assert (await coordinator.client.get("/")).status_code == 200
    done = await admin.act(f"{path}/password", password="another synthetic one")
    assert done.status_code == 303
    assert "wherever they were signed in, they are not any more" in words_of(
        await admin.see(done.headers["location"])
    )
    assert (await coordinator.client.get("/")).status_code == 303
    assert await can_sign_in(app, practice, practice.email(Role.COORDINATOR), "another synthetic one")


async def test_another_clinics_staff_are_not_there(app: Litestar, practice: Practice, admin: Window) -> None:
    other = await Practice(practice.house, practice.clock, "valley").begin()
    assert "valley" not in await admin.see("/staff")
    theirs: UUID | None = other.team[Role.PRACTITIONER].id
    for who in (theirs, uuid4()):
        assert (await admin.client.get(f"/staff/{who}")).status_code == 404
        for act in ("disable", "enable", "password"):
            answer = await admin.act(f"/staff/{who}/{act}", password="another synthetic one")
            assert answer.status_code == 404, act
    assert await can_sign_in(app, other, other.email(Role.PRACTITIONER), PASSWORD)
