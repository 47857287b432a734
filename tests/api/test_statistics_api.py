"""/v1/statistics and its export: who may read them, what they hold, and what a spreadsheet makes of them."""

import csv
from io import StringIO
from uuid import uuid4

import httpx
import pytest

from aftercare.services.statistics_export import COLUMNS, safe
from tests.api.bodies import check_in
from tests.api.conftest import MARKER, Person


async def say(client: httpx.AsyncClient, patient: Person, **answers: object) -> None:
    sent = await client.put(f"/v1/check-ins/{uuid4()}", headers=patient.headers, json=check_in(**answers))
    assert sent.status_code == 201, sent.text


async def test_every_role_of_the_clinic_reads_the_same_numbers_and_no_name(
    client: httpx.AsyncClient,
    alder: Person,
    birch: Person,
    practitioner: Person,
    coordinator: Person,
    admin: Person,
) -> None:
    await say(client, alder, tingling=True)
    await say(client, birch, pain=0)
    answers = [
        await client.get("/v1/statistics", headers=who.headers) for who in (practitioner, coordinator, admin)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    told = answers[0].json()
    assert told["period"] == {"since": "2025-12-11", "until": "2026-03-04", "time_zone": "Europe/London"}
    assert told["budget"][0]["check_ins"] == {"count": 1, "of": 2, "share": 0.5}
    assert {line["code"] for line in told["checks"]} == {"cold_sore"}
    assert MARKER not in answers[0].text
    assert str(alder.id) not in answers[0].text


async def test_nothing_of_another_clinic_is_counted(
    client: httpx.AsyncClient, alder: Person, stranger: Person
) -> None:
    await say(client, alder, tingling=True)
    for path in ("/v1/statistics", "/v1/statistics/export"):
        theirs = await client.get(path, headers=stranger.headers)
        assert theirs.status_code == 200
        assert "cold_sore" not in theirs.text
    assert (await client.get("/v1/statistics", headers=stranger.headers)).json()["budget"][0]["check_ins"][
        "of"
    ] == 0


async def test_patients_and_strangers_read_none(client: httpx.AsyncClient, alder: Person) -> None:
    for path in ("/v1/statistics", "/v1/statistics/export"):
        assert (await client.get(path, headers=alder.headers)).status_code == 403
        assert (await client.get(path)).status_code == 401


async def test_a_period_that_cannot_be_is_a_problem_that_points_at_it(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    cannot = {
        "since=2026-03-05": {"/since"},
        "since=2019-01-01&until=2026-01-01": {"/since"},
        "until=9999-12-31": {"/until"},
        "until=0001-01-01": {"/until"},
    }
    for query, pointers in cannot.items():
        for path in ("/v1/statistics", "/v1/statistics/export"):
            answer = await client.get(f"{path}?{query}", headers=practitioner.headers)
            assert answer.status_code == 422
            assert {one["pointer"] for one in answer.json()["errors"]} == pointers


async def test_the_export_holds_the_same_numbers_line_by_line(
    client: httpx.AsyncClient, alder: Person, birch: Person, practitioner: Person
) -> None:
    await say(client, alder, tingling=True)
    await say(client, birch, pain=0)
    told = (await client.get("/v1/statistics", headers=practitioner.headers)).json()
    export = await client.get("/v1/statistics/export", headers=practitioner.headers)
    assert export.headers["content-type"].startswith("text/csv")
    assert export.headers["content-disposition"] == (
        'attachment; filename="aftercare-statistics-2025-12-11-2026-03-04.csv"'
    )
    assert export.text.count("\r\n") == export.text.count("\n")
    lines = list(csv.DictReader(StringIO(export.text, newline=""), strict=True))
    assert tuple(lines[0]) == COLUMNS
    found = {
        (line["table"], line["group"], line["modality"], line["skin"], line["tier"], line["check"], line["row"], line["week"], line["measure"]): line["value"]
        for line in lines
    }  # fmt: skip
    assert len(found) == len(lines)  # a line says what it is about
    for one in told["budget"]:
        skin = one["skin"] or str(one["skin_type"] or "")
        for name in ("check_ins", "patients", "uneventful"):
            share = one[name]
            for measure, value in (
                (name, share["count"]),
                (f"{name}_of", share["of"]),
                (f"{name}_share", share["share"]),
            ):
                cell = found["budget", one["grouping"], one["modality"] or "", skin, "", "", "", "", measure]
                assert cell == ("" if value is None else f"{value:.10g}")
    for one in told["checks"]:
        key = ("checks", "", "", "", "", one["code"], one["row"] or "", "")
        assert found[*key, "alerts"] == str(one["alerts"])
        assert found[*key, "precision"] == ""  # nothing was judged: no share, and not 0 %
    for one in told["weeks"]:
        assert found["weeks", "", "", "", "", "", "", one["week"], "same_day"] == str(one["same_day"])


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_never_becomes_a_formula(begins: str) -> None:
    assert safe(f"{begins}cmd|' /C calc'!A0").startswith("'")
    assert safe("cold_sore.tingling") == "cold_sore.tingling"
