"""One patient, one row: several alerts of one check-in are one phone call."""

import re
from uuid import UUID

import pytest

from aftercare.model.people import Patient
from aftercare.model.words import AlertState, Role
from aftercare.services import alerts as acts
from aftercare.services import dashboard
from aftercare.store.alerts import PatientAlert, unresolved_of_several
from tests.web.practice import Practice, Window, rows_of, words_of


async def several(practice: Practice, name: str = "Sample Alder") -> Patient:
    """A check-in that raises an emergency, and more that are about the same skin."""
    patient = await practice.treated(name)
    await practice.says(
        patient, breathing_or_tongue=True, eye=["pain"], tingling=True, wants_contact="urgent"
    )
    return patient


async def open_alerts(practice: Practice, patient: Patient) -> dict[UUID, PatientAlert]:
    async with practice.house.database.clinic(practice.clinic_id) as db:
        found = await unresolved_of_several(db, practice.clinic_id, [patient.patient_id])
    return {one.id: one for one in found}


def form_of(html: str, act: str) -> tuple[str, dict[str, str]]:
    """The first form of an act, as a browser would send it."""
    form = re.search(rf'<form method="post" action="(/alerts/[^"]+/{act})".*?</form>', html, re.DOTALL)
    assert form is not None
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    return form[1], {name: value for name, value in hidden.items() if name != "csrf"}


async def test_several_alerts_of_a_patient_are_one_row_and_the_most_urgent_leads(
    practice: Practice, practitioner: Window
) -> None:
    patient = await several(practice)
    count = len(await open_alerts(practice, patient))
    assert count > 3
    html = await practitioner.see("/")
    rows = rows_of(html)
    assert len(rows) == 1
    assert rows[0].index("Emergency") < rows[0].index("also: ")
    assert rows[0].count("also: ") == count - 1
    assert f"Take all {count}" in rows[0]
    assert len(set(re.findall(r'data-shows="([^"]+)"', html))) == count


async def test_taking_the_row_takes_all_that_is_open_in_it(practice: Practice, practitioner: Window) -> None:
    patient = await several(practice)
    path, form = form_of(await practitioner.see("/"), "acknowledge")
    answer = await practitioner.act(path, **form)
    after = await open_alerts(practice, patient)
    me = practice.team[Role.PRACTITIONER].id
    assert {(one.state, one.owner) for one in after.values()} == {(AlertState.ACKNOWLEDGED, me)}
    assert f"You have all {len(after)}." in rows_of(await practitioner.see(answer.headers["location"]))[0]


async def test_who_comes_second_takes_the_rest_and_is_told_who_has_the_other(
    practice: Practice, practitioner: Window
) -> None:
    patient = await several(practice)
    path, form = form_of(await practitioner.see("/"), "acknowledge")
    quicker, taken = practice.team[Role.COORDINATOR], UUID(form["also"].split()[0])
    await acts.acknowledge(practice.house.database, quicker, taken, acts.Acknowledge(), now=practice.clock())
    answer = await practitioner.act(path, **form)
    after = await open_alerts(practice, patient)
    assert after[taken].owner == quicker.id
    assert {one.owner for one in after.values()} == {quicker.id, practice.team[Role.PRACTITIONER].id}
    row = rows_of(await practitioner.see(answer.headers["location"]))[0]
    assert f"You have {len(after) - 1}. Coordinator One has it:" in row


async def test_one_call_reaches_for_all_but_each_is_resolved_on_its_own(
    practice: Practice, practitioner: Window
) -> None:
    patient = await several(practice)
    lead = re.search(r'data-shows="([^"]+)"', await practitioner.see("/"))
    assert lead is not None
    unfolded = await practitioner.see(f"/alerts/{lead[1]}?back=/")
    count = len(await open_alerts(practice, patient))
    assert words_of(unfolded).count(f"for all {count}") == 2
    assert "Whole recovery" in words_of(unfolded)
    question = await practitioner.see(f"/alerts/{lead[1]}/contact?back=/")
    path, form = form_of(question, "contact")
    answer = await practitioner.act(path, **form, text="Ambulance called; stays on the line.")
    after = await open_alerts(practice, patient)
    assert {one.state for one in after.values()} == {AlertState.CONTACTED}
    assert f"Noted for all {count}: reached." in words_of(await practitioner.see(answer.headers["location"]))
    _, resolving = form_of(await practitioner.see(f"/alerts/{lead[1]}/resolve"), "resolve")
    assert "also" not in resolving
    await practitioner.act(f"/alerts/{lead[1]}/resolve", outcome="confirmed", also=" ".join(map(str, after)))
    assert len(await open_alerts(practice, patient)) == count - 1


async def test_acts_on_alerts_of_two_patients_at_once_are_refused(
    practice: Practice, practitioner: Window
) -> None:
    mine, other = await practice.prodrome("Sample Birch"), await practice.prodrome("Sample Cedar")
    answer = await practitioner.act(f"/alerts/{mine.id}/contact", also=str(other.id), text="Reached.")
    assert answer.status_code == 422
    assert "not of one patient" in words_of(answer.text)
    assert (await practice.now_is(mine.id)).state is AlertState.OPEN
    assert (await practitioner.act(f"/alerts/{mine.id}/contact", also="not-ids")).status_code == 303
    assert (await practice.now_is(mine.id)).state is AlertState.OPEN


async def test_a_page_of_the_list_never_splits_a_patient(
    practice: Practice, practitioner: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Alder", "Birch", "Cedar"):
        await several(practice, f"Sample {name}")
    monkeypatch.setattr(dashboard, "PAGE", 2)
    pages = [rows_of(await practitioner.see(path)) for path in ("/", "/?whose=everyone&offset=2")]
    assert [len(rows) for rows in pages] == [2, 1]
    named = [re.search(r"Sample \w+", row)[0] for rows in pages for row in rows]  # type: ignore[index]
    assert sorted(named) == ["Sample Alder", "Sample Birch", "Sample Cedar"]


async def test_the_whole_recovery_is_one_tap_away_and_leads_back(
    practice: Practice, practitioner: Window
) -> None:
    patient = await several(practice)
    html = await practitioner.see("/?whose=nobody")
    link = re.search(r'href="(/patients/[^"]+)">Whole recovery', html)
    assert link is not None
    page = await practitioner.see(link[1].replace("&amp;", "&"))
    back = re.search(r'<p class="back"><a href="([^"]+)">Triage</a>', page)
    assert back is not None
    assert back[1] == f"/?whose=nobody#row-{patient.patient_id}"
    astray = await practitioner.see(f"/patients/{patient.patient_id}?back=//elsewhere.example")
    assert '<a href="/patients">Patients</a>' in astray
