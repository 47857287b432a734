"""What is taken is kept as it was sent, or refused: nothing is altered or dropped in silence."""

import json
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.api.bodies import check_in, fill, picture
from tests.api.conftest import Person, Seeded

CANNOT_BE_KEPT = {
    "half a pair": b'{"name": "Alder \\ud800 Sample"}',
    "half a pair in a key": b'{"name": "Alder Sample", "\\udfff": 1}',
    "past any range": b'{"name": "Alder Sample", "fitzpatrick": 1e400}',
    "past any range in a part that is open": b'{"modality": "microneedling", "outcome": "candidate", "answers": {"a": 1e400}}',
}


@pytest.mark.parametrize("name", CANNOT_BE_KEPT)
async def test_what_cannot_be_kept_as_it_is_is_refused(
    client: httpx.AsyncClient, practitioner: Person, alder: Person, name: str
) -> None:
    path = f"/v1/patients/{alder.id}/screenings" if "open" in name else "/v1/patients"
    answer = await client.post(path, headers=practitioner.headers, content=CANNOT_BE_KEPT[name])
    assert answer.status_code == 422, answer.text


async def test_a_whole_pair_beside_a_wrong_form_is_not_taken_for_half_of_one(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    body = b'{"name": "Alder \\ud83d\\ude0d Sample", "fitzpatrick": 2.5}'
    answer = await client.post("/v1/patients", headers=practitioner.headers, content=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/fitzpatrick")


async def test_of_a_check_in_nothing_is_lost_for_one_odd_item(
    client: httpx.AsyncClient, alder: Person
) -> None:
    url = f"/v1/check-ins/{uuid4()}"
    body = {"instrument": 1, "recorded_at": check_in()["recorded_at"], "time_zone": "Europe/London"}
    odd = b'{"note": "a\\ud800b", "pain": 1e400, "redness": 2}'
    content = httpx.Request("PUT", url, json=body).content[:-1] + b', "answers": ' + odd + b"}"
    assert (await client.put(url, headers=alder.headers, content=content)).status_code == 201
    kept = (await client.get(url, headers=alder.headers)).json()
    assert kept["answers"] == {"note": "a\ufffdb", "redness": 2}
    assert [one["pointer"] for one in kept["set_aside"]] == ["/answers/pain"]


async def test_other_words_to_an_act_that_was_done_already_stand_in_the_log(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection, practitioner: Person
) -> None:
    held = await fill(client, seeded.people, root)
    url = f"/v1/alerts/{held.values['alert_id']}"
    for words in ("first words", "second words", "second words"):
        body = {"outcome": "false_alarm", "text": words}
        done = await client.post(f"{url}/resolve", headers=practitioner.headers, json=body)
        assert done.status_code == 200
    log = (await client.get(url, headers=practitioner.headers)).json()["follow_ups"]
    told = [(one["kind"], one["text"]) for one in log if "words" in one["text"]]
    assert sorted(told) == [("note", "second words"), ("resolve", "first words")]


@pytest.mark.parametrize("when", ["", "0", "1772618400", "2026-03-04", "yesterday", "1e9"])
async def test_a_bare_number_is_no_time_of_a_photo(
    client: httpx.AsyncClient, alder: Person, when: str
) -> None:
    url = f"/v1/photos/{uuid4()}?taken_at={when}"
    answer = await client.put(url, headers=alder.headers, content=picture())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "taken_at")


async def test_the_word_null_is_no_check_in_of_a_photo(client: httpx.AsyncClient, alder: Person) -> None:
    url = f"/v1/photos/{uuid4()}?check_in_id=null"
    answer = await client.put(url, headers=alder.headers, content=picture())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "check_in_id")


@pytest.mark.parametrize("key", ["k" * 5000, "a\0b"])
async def test_what_was_said_under_a_name_that_no_pointer_holds_is_kept_with_its_name(
    client: httpx.AsyncClient, alder: Person, key: str
) -> None:
    url = f"/v1/check-ins/{uuid4()}"
    sent = await client.put(url, headers=alder.headers, json=check_in(**{key: "said"}))
    assert sent.status_code == 201
    (aside,) = (await client.get(url, headers=alder.headers)).json()["set_aside"]
    kept = aside["sent"] if isinstance(aside["sent"], dict) else json.loads(aside["sent"])
    assert kept == {key: "said"}


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/recalls?status=null", "status"),
        ("/v1/deliveries?state=null", "state"),
        ("/v1/statistics?since=null", "since"),
        ("/v1/statistics/export?until=NULL", "until"),
        ("/v1/rule-packs/1/difference?against=null", "against"),
    ],
)
async def test_the_word_null_leaves_no_parameter_out(
    client: httpx.AsyncClient, practitioner: Person, path: str, parameter: str
) -> None:
    answer = await client.get(path, headers=practitioner.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, parameter)
