"""Addresses of staff over HTTP: their own, and only where something would arrive."""

from uuid import uuid4

import httpx

from aftercare.model.addresses import ChannelName
from aftercare.notify.sms import SmsChannel, SmsSettings
from aftercare.services.house import House
from tests.api.conftest import Person

GIVEN = {"sms": "+34600111222", "fcm": "token:" + "x" * 40, "apns": "0a" * 32}


async def test_a_number_is_taken_where_sms_is_set_up_and_is_its_owners_alone(
    client: httpx.AsyncClient, house: House, practitioner: Person, coordinator: Person
) -> None:
    house.channels[ChannelName.SMS] = SmsChannel(SmsSettings(url="https://sms.test/"))
    made = await client.put(
        f"/v1/staff/me/addresses/{uuid4()}",
        headers=practitioner.headers,
        json={"channel": "sms", "address": GIVEN["sms"], "label": "Mine"},
    )
    assert made.status_code == 200, made.text
    listed = await client.get("/v1/staff/me/addresses", headers=practitioner.headers)
    assert [(one["channel"], one["label"]) for one in listed.json()] == [("sms", "Mine")]
    assert "600111" not in listed.text
    assert (await client.get("/v1/staff/me/addresses", headers=coordinator.headers)).json() == []


async def test_an_address_to_which_nothing_would_go_is_refused_with_what_is_missing(
    client: httpx.AsyncClient, practitioner: Person
) -> None:
    for channel, address in GIVEN.items():
        answer = await client.put(
            f"/v1/staff/me/addresses/{uuid4()}",
            headers=practitioner.headers,
            json={"channel": channel, "address": address},
        )
        assert answer.status_code == 422
        said = f"{channel} is not set up on this server: nothing would arrive there"
        assert answer.json()["errors"] == [{"pointer": "/channel", "detail": said}]
        assert address not in answer.text
    assert (await client.get("/v1/staff/me/addresses", headers=practitioner.headers)).json() == []
