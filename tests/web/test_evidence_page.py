"""An alert's page unfolds what it rests on: answers then and now, the range of the day, the rule with its source, what joined."""

from aftercare.model.findings import Evidence
from aftercare.web import readings
from tests.web.practice import Practice, Window, words_of


async def read(practitioner: Window, alert_id: object) -> str:
    """The words of an alert's page, without the blanks that tags leave before a comma or colon."""
    return words_of(await practitioner.see(f"/alerts/{alert_id}")).replace(" ,", ",").replace(" :", ":")


async def test_a_level_says_then_now_and_what_was_expected_of_its_day(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder", days_ago=5)
    await practice.says(patient, days_ago=2, swelling=1)
    await practice.says(patient, swelling=2)
    alert = await practice.alert_of(patient)
    html = await practitioner.see(f"/alerts/{alert.id}")
    told = words_of(html)
    # One sentence first; what it rests on unfolds below it.
    assert html.index(alert.reason) < html.index("<summary>Evidence</summary>") < html.index("Then and now")
    assert "Answer Then Now Expected day 5 after needling 1.5 mm" in told
    assert "Swelling mild day 3 moderate none" in told
    assert "Row swelling.moderate" in told
    assert "Numbers swelling, severe: 3" in told
    assert "Source rules.md 2, swelling; clinical.md 1.3 and 2, number 2" in told
    assert "Rule pack default-1, raised" in told


async def test_what_joined_stands_with_its_reason_and_its_row(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Birch", days_ago=5)
    await practice.says(patient, days_ago=1, tingling=True, sites={"tingling": ["lips"]})
    await practice.says(patient, tingling=True, blisters="few")
    alert = await practice.alert_of(patient)
    told = await read(practitioner, alert.id)
    joined = told[told.index("What joined or was held back, and why") :]
    # The blister is the news and leads; the first day's tingling and today's stand below it.
    assert "Row cold_sore.blisters" in told
    assert "Raised it, yesterday 10:00: Nothing of this kind was open. cold_sore.tingling" in joined
    assert "Joined, 10:00" in joined
    assert "Tingling: yes" in joined


async def test_what_was_held_back_says_until_when(practice: Practice, practitioner: Window) -> None:
    patient = await practice.treated("Sample Cedar", days_ago=8)
    await practice.says(patient, days_ago=1, white_bumps=True)
    alert = await practice.alert_of(patient)
    done = await practitioner.act(f"/alerts/{alert.id}/resolve", outcome="expected_course")
    assert done.status_code == 303
    await practice.says(patient, white_bumps=True)
    told = await read(practitioner, alert.id)
    assert (
        "Held back, 10:00: The same at the same grade was resolved as expected course: held until 2026-03-18"
        in told
    )


def test_a_range_is_said_in_words_and_a_sign_has_none() -> None:
    assert readings.band(Evidence(item="pain", now=3, expected=0)) == "none"
    assert readings.band(Evidence(item="redness", now=4, expected=2)) == "none to moderate"
    assert readings.band(Evidence(item="tingling", now=True)) == ""


def test_the_rest_of_the_evidence_is_told_in_a_line_each() -> None:
    lines = (
        Evidence(item="pain", now=1, expected=0, before=0, before_day=6),
        Evidence(item="pain", before=1, before_day=5, text="above the 0 expected of that day as well"),
        Evidence(
            item="redness",
            before=2,
            numbers={"baseline.at_most": 2.0},
            text="own skin before treatment, taken off",
        ),
        Evidence(item="hsv_history", now=True),
        Evidence(item="redness", text="new after day 3"),
    )
    assert [line.item for line in readings.then_and_now(lines)] == ["pain"]
    assert readings.beside(lines) == [
        "Pain on day 5: mild; above the 0 expected of that day as well",
        "Redness before treatment: moderate; own skin before treatment, taken off; baseline.at most 2",
        "Had cold sores before: yes",
        "new after day 3",
    ]


def test_numbers_keep_the_names_of_the_pack() -> None:
    assert readings.number("swelling.mild_from_day", 6.0) == "swelling, mild from day: 6"
    assert readings.number("signs.ulcer_herpes_days.to", 10.0) == "signs, ulcer herpes days to: 10"
