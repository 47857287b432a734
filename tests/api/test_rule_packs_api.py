"""Rule packs over HTTP: drafts with pointers to what is wrong, versions, and who may do what."""

import httpx
import pytest

from tests.api.conftest import Seeded

QUIETER = {
    "changes": {"rows": {"milia.white_bumps": {"off": True}}},
    "note": "White bumps clear by themselves.",
}


async def test_the_live_pack_is_read_by_all_staff_with_everything_it_holds(
    client: httpx.AsyncClient, seeded: Seeded
) -> None:
    for role in ("practitioner_a", "coordinator_a", "admin_a"):
        listed = await client.get("/v1/rule-packs", headers=seeded.people[role].headers)
        assert [(one["number"], one["state"]) for one in listed.json()["items"]] == [(1, "live")]
        one = await client.get("/v1/rule-packs/1", headers=seeded.people[role].headers)
        assert one.json()["released_by"] == str(seeded.people["practitioner_a"].id)
        assert one.json()["pack"]["rows"]["infection.fever"] == {
            "code": "infection",
            "tier": "same_day",
            "alone_from_day": 0,
            "holds_course": False,
            "floor": True,
            "off": False,
        }
    assert (await client.get("/v1/rule-packs", headers=seeded.people["alder"].headers)).status_code == 403


@pytest.mark.parametrize("role", ["coordinator_a", "admin_a", "alder"])
async def test_only_a_practitioner_may_change_rules(
    client: httpx.AsyncClient, seeded: Seeded, role: str
) -> None:
    headers = seeded.people[role].headers
    asked = [
        await client.post("/v1/rule-packs", headers=headers, json=QUIETER),
        await client.put("/v1/rule-packs/1", headers=headers | {"if-match": '"1"'}, json=QUIETER),
        *[
            await client.post(f"/v1/rule-packs/1/{act}", headers=headers)
            for act in ("release", "shadow", "retire", "restore")
        ],
    ]
    assert {one.status_code for one in asked} == {403}


async def test_a_draft_is_written_tried_released_and_rolled_back(
    client: httpx.AsyncClient, seeded: Seeded
) -> None:
    headers = seeded.people["practitioner_a"].headers
    made = await client.post("/v1/rule-packs", headers=headers, json=QUIETER)
    assert (made.status_code, made.headers["etag"], made.json()["number"]) == (201, '"1"', 2)
    differs = await client.get("/v1/rule-packs/2/difference", headers=headers)
    assert differs.json() == [{"pointer": "/rows/milia.white_bumps/off", "before": False, "after": True}]
    edited = await client.put(
        "/v1/rule-packs/2", headers=headers | {"if-match": '"1"'}, json={"changes": {"pain": {"some": 1}}}
    )
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    late = await client.put("/v1/rule-packs/2", headers=headers | {"if-match": '"1"'}, json=QUIETER)
    assert late.status_code == 412
    assert (await client.post("/v1/rule-packs/2/shadow", headers=headers)).json()["state"] == "shadow"
    stale = await client.post("/v1/rule-packs/2/release", headers=headers | {"if-match": '"2"'})
    assert stale.status_code == 412
    released = await client.post("/v1/rule-packs/2/release", headers=headers | {"if-match": '"3"'})
    assert (released.status_code, released.json()["state"]) == (200, "live")
    back = await client.post("/v1/rule-packs/1/restore", headers=headers)
    assert (back.status_code, back.json()["number"], back.json()["changes"]) == (201, 3, {})
    against = await client.get("/v1/rule-packs/2/difference?against=3", headers=headers)
    assert [one["pointer"] for one in against.json()] == ["/pain/some"]
    listed = await client.get("/v1/rule-packs", headers=headers)
    assert [one["state"] for one in listed.json()["items"]] == ["live", "retired", "retired"]


async def test_a_draft_begins_with_a_preset_by_its_name(client: httpx.AsyncClient, seeded: Seeded) -> None:
    headers = seeded.people["practitioner_a"].headers
    own = {"rows": {"swelling.severe": {"alone_from_day": 0}}}
    made = await client.post(
        "/v1/rule-packs", headers=headers, json={"preset": "fewer-alerts-1", "changes": own}
    )
    assert made.status_code == 201
    rows = made.json()["changes"]["rows"]
    assert rows["swelling.severe"] == {"alone_from_day": 0}
    assert rows["redness.far_above_or_late"] == {"tier": "routine", "alone_from_day": 90}
    assert made.json()["note"].startswith("Of single grades")
    detail = (await client.get("/v1/rule-packs/2", headers=headers)).json()
    assert detail["pack"]["rows"]["dermatitis.itching"]["alone_from_day"] == 8
    unknown = await client.post("/v1/rule-packs", headers=headers, json={"preset": "no-alerts"})
    assert (unknown.status_code, [one["pointer"] for one in unknown.json()["errors"]]) == (422, ["/preset"])


async def test_each_fault_of_a_pack_has_its_pointer_and_the_row_that_it_would_break(
    client: httpx.AsyncClient, seeded: Seeded
) -> None:
    wrong = {
        "fever": {"celsius": 39},
        "pain": {"some": 4, "awful": 1},
        "rows": {"cold_sore.tingling": {"tier": "soon"}, "unheard": {}},
    }
    answer = await client.post(
        "/v1/rule-packs", headers=seeded.people["practitioner_a"].headers, json={"changes": wrong}
    )
    assert answer.status_code == 422
    errors = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
    assert set(errors) == {
        "/changes/fever/celsius",
        "/changes/pain/some",
        "/changes/pain/awful",
        "/changes/rows/cold_sore.tingling/tier",
        "/changes/rows/unheard",
    }
    assert "infection.fever" in errors["/changes/fever/celsius"]
    assert "cold_sore.tingling" in errors["/changes/rows/cold_sore.tingling/tier"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/rule-packs/77", 404),
        ("GET", "/v1/rule-packs/77/difference", 404),
        ("GET", "/v1/rule-packs/1/difference?against=77", 404),
        ("GET", "/v1/rule-packs/0", 422),
        ("GET", "/v1/rule-packs/99999999999", 422),
        ("GET", "/v1/rule-packs/first", 422),
        ("POST", "/v1/rule-packs/77/release", 404),
        ("POST", "/v1/rule-packs/1/release", 409),
        ("POST", "/v1/rule-packs/1/shadow", 409),
        ("POST", "/v1/rule-packs/1/retire", 409),
        ("POST", "/v1/rule-packs/1/restore", 409),
    ],
)
async def test_what_is_not_there_or_cannot_be_done_is_said_so(
    client: httpx.AsyncClient, seeded: Seeded, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path, headers=seeded.people["practitioner_a"].headers)
    assert answer.status_code == status, answer.text
