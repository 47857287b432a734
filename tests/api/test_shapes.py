"""What the document says of a body is what the decoder holds to, and every address says all that can be done there."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import Person
from tests.api.contract import schema


def test_items_of_a_list_keep_their_form_and_bounds() -> None:
    """The framework says of a tuple's items that they are one of two things of which both fit: then nothing fits."""
    shapes = schema()["components"]["schemas"]
    assert shapes["ScreeningDraft"]["properties"]["reasons"]["items"]["maxLength"] == 200
    assert shapes["SessionDraft"]["properties"]["consumables"]["items"]["$ref"].endswith("/Consumable")
    assert shapes["SessionDraft"]["properties"]["pulse_ms"]["anyOf"][0]["exclusiveMinimum"] == 0
    assert shapes["PatientDraft"]["properties"]["baseline"]["propertyNames"]["enum"]
    assert "(?!" not in str(shapes), "a pattern that not every reader of an OpenAPI knows"


def test_no_parameter_is_said_to_be_null() -> None:
    """An address and a header hold only text: null there is a word of four letters."""
    for path, operations in schema()["paths"].items():
        for operation in operations.values():
            assert "null" not in str(operation.get("parameters")), path


async def test_every_address_names_all_that_can_be_done_there(client: httpx.AsyncClient) -> None:
    for path, operations in schema()["paths"].items():
        answer = await client.options(path.format_map(Anything()))
        assert answer.status_code == 204, path
        allowed = set(answer.headers["allow"].split(", "))
        assert allowed == {"OPTIONS", *(method.upper() for method in operations)}, path


class Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "x"


ENDED: list[tuple[str, dict[str, Any]]] = [
    ("/name", {"name": "Alder Sample\n"}),
    ("/email", {"name": "Alder Sample", "email": "alder@patients.test\n"}),
    ("/phone", {"name": "Alder Sample", "phone": "+44 20 7946 0000\n"}),
    ("/country", {"name": "Alder Sample", "country": "GB\n"}),
    ("/language", {"name": "Alder Sample", "language": "en\n"}),
    ("/time_zone", {"name": "Alder Sample", "time_zone": "Europe/London\n"}),
    ("/reference", {"name": "Alder Sample", "reference": "A-17\n"}),
]


@pytest.mark.parametrize(("pointer", "body"), ENDED)
async def test_no_single_line_ends_with_a_line_break(
    client: httpx.AsyncClient, practitioner: Person, pointer: str, body: dict[str, Any]
) -> None:
    answer = await client.post("/v1/patients", headers=practitioner.headers, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_webhooks_address_ends_without_a_line_break(client: httpx.AsyncClient, admin: Person) -> None:
    body = {"url": "https://receiver.example/hook\n"}
    assert (await client.post("/v1/webhooks", headers=admin.headers, json=body)).status_code == 422


NO_HOST = [
    "https://[",
    "https://]/",
    "https://[x]/",
    "https://@/",
    "https://?a",
    "https://%00/",
    "https://a:99999/",
    "https://a:0/",
]


@pytest.mark.parametrize("url", NO_HOST)
async def test_where_nothing_could_be_sent_is_no_webhook(
    client: httpx.AsyncClient, admin: Person, url: str
) -> None:
    answer = await client.post("/v1/webhooks", headers=admin.headers, json={"url": url})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/url")
    for good in ("https://receiver.example:8443/a?b", "http://[::1]/", "https://127.0.0.1/"):
        assert (
            await client.post("/v1/webhooks", headers=admin.headers, json={"url": good})
        ).status_code == 201


@pytest.mark.parametrize("day", ["1001", "-1001", "279228210297", "9" * 400])
async def test_a_day_that_no_calendar_has_is_refused(
    client: httpx.AsyncClient, practitioner: Person, alder: Person, day: str
) -> None:
    url = f"/v1/call-list/{alder.episode_id}/{day}/done"
    assert (await client.post(url, headers=practitioner.headers)).status_code == 422
