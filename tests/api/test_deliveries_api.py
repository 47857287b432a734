"""/v1/deliveries and /v1/webhooks: who may, what is said, and what never is."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from aftercare.notify.webhook import sign
from tests.api.bodies import check_in
from tests.api.conftest import Clock, Person

RECEIVER = "https://hooks.example/in?token=hush"


async def emergency(client: httpx.AsyncClient, alder: Person, practitioner: Person) -> str:
    """The id of an alert that alder has just raised."""
    sent = await client.put(
        f"/v1/check-ins/{uuid4()}", headers=alder.headers, json=check_in(breathing_or_tongue=True)
    )
    assert sent.status_code == 201, sent.text
    alert: str = (await client.get("/v1/alerts", headers=practitioner.headers)).json()[0]["id"]
    return alert


async def listed(client: httpx.AsyncClient, who: Person, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/deliveries", headers=who.headers, params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def hooked(client: httpx.AsyncClient, admin: Person) -> dict[str, Any]:
    made = await client.post("/v1/webhooks", headers=admin.headers, json={"url": RECEIVER})
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


async def test_an_entry_says_who_over_what_and_how_it_stands_and_no_address(
    client: httpx.AsyncClient, alder: Person, practitioner: Person, admin: Person
) -> None:
    await hooked(client, admin)
    alert = await emergency(client, alder, practitioner)
    found = await listed(client, practitioner, alert_id=alert)
    assert {one["channel"] for one in found} == {"smtp", "webhook"}
    (mail,) = [one for one in found if one["recipient"]["id"] == str(practitioner.id)]
    assert mail["recipient"] == {
        "kind": "staff", "id": str(practitioner.id), "name": "Kestrel practitioner",
    }  # fmt: skip
    assert (mail["state"], mail["tries"], mail["tier"]) == ("queued", [], "emergency")
    (hook,) = [one for one in found if one["channel"] == "webhook"]
    assert hook["recipient"]["name"] == "hooks.example"
    text = str(await listed(client, practitioner))
    assert "@" not in text
    assert "hush" not in text


async def test_a_list_is_narrowed_and_goes_on_page_by_page(
    client: httpx.AsyncClient, alder: Person, birch: Person, practitioner: Person, admin: Person, clock: Clock
) -> None:
    alert = await emergency(client, alder, practitioner)
    for _ in range(101):
        clock.move(minutes=1)
        assert (await client.post("/v1/staff/me/mail/test", headers=admin.headers)).status_code == 202
    first = (await client.get("/v1/deliveries", headers=admin.headers)).json()
    assert len(first["items"]) == 100
    rest = await listed(client, admin, cursor=first["next"])
    seen = [one["delivery_id"] for one in (*first["items"], *rest)]
    assert len(seen) == len(set(seen)) == 101 + len(await listed(client, admin, alert_id=alert))
    for asked in ({"patient_id": str(alder.id)}, {"patient_id": str(alder.id), "state": "waiting"}):
        assert await listed(client, admin, **asked) == await listed(client, admin, alert_id=alert)
    for none in (
        {"patient_id": str(birch.id)},
        {"state": "dead"},
        {"channel": "sms"},
        {"alert_id": str(uuid4())},
    ):
        assert await listed(client, admin, **none) == []
    odd = await client.get("/v1/deliveries", headers=admin.headers, params={"state": "lost"})
    assert odd.status_code == 422


async def test_only_the_clinics_own_are_sent_again_and_only_what_was_given_up(
    client: httpx.AsyncClient,
    admin: Person,
    coordinator: Person,
    stranger: Person,
    alder: Person,
    root: asyncpg.Connection,
) -> None:
    sent = (await client.post("/v1/staff/me/mail/test", headers=admin.headers)).json()["delivery_id"]
    again = f"/v1/deliveries/{sent}/again"
    waits = await client.post(again, headers=admin.headers)
    assert (waits.status_code, waits.json()["type"]) == (409, "/problems/not-given-up")
    await root.execute("update deliveries set state = 'dead' where delivery_id = $1", UUID(sent))
    assert (await client.post(again, headers=stranger.headers)).status_code == 404
    assert (await client.post(again, headers=alder.headers)).status_code == 403
    made = await client.post(again, headers=coordinator.headers)
    assert made.status_code == 202, made.text
    assert made.json()["again_of"] == sent
    twice = await client.post(again, headers=admin.headers)
    assert twice.json()["delivery_id"] == made.json()["delivery_id"]


async def test_a_receipt_is_kept_for_its_owner_and_for_nobody_else(
    client: httpx.AsyncClient, admin: Person, practitioner: Person, stranger: Person, clock: Clock
) -> None:
    sent = (await client.post("/v1/staff/me/mail/test", headers=admin.headers)).json()["delivery_id"]
    path, shown_at = f"/v1/deliveries/{sent}/receipts", clock.move(minutes=1)
    for other in (practitioner, stranger):
        assert (await client.post(path, headers=other.headers, json={"kind": "opened"})).status_code == 404
    shown = await client.post(path, headers=admin.headers, json={"kind": "shown"})
    assert (shown.status_code, shown.json()["opened_at"]) == (200, None)
    clock.move(minutes=1)
    done = await client.post(path, headers=admin.headers, json={"kind": "opened"})
    assert done.json()["delivered_at"] == shown_at.isoformat().replace("+00:00", "Z")
    ahead = {"kind": "opened", "at": (clock() + timedelta(days=3)).isoformat()}
    again = await client.post(path, headers=admin.headers, json=ahead)
    assert (again.status_code, again.json()) == (200, done.json())  # a clock that is ahead refuses nothing


async def test_a_secret_is_changed_by_admins_alone_told_once_and_the_end_of_the_old_one_is_said(
    client: httpx.AsyncClient, admin: Person, practitioner: Person, stranger: Person, clock: Clock
) -> None:
    hook = await hooked(client, admin)
    path = f"/v1/webhooks/{hook['webhook_id']}"
    for other, status in ((practitioner, 403), (stranger, 403)):
        assert (await client.post(f"{path}/rotate", headers=other.headers)).status_code == status
    changed = await client.post(f"{path}/rotate", headers=admin.headers)
    assert changed.status_code == 200, changed.text
    assert changed.json()["secret"] not in {None, hook["secret"]}
    ends = (clock() + timedelta(hours=24)).isoformat().replace("+00:00", "Z")
    assert changed.json()["previous_until"] == ends
    (during,) = (await client.get("/v1/webhooks", headers=admin.headers)).json()
    assert (during["previous_until"], during["secret"]) == (ends, None)


async def test_a_webhook_that_was_switched_off_stays_in_the_list_with_why_and_is_switched_on_again(
    client: httpx.AsyncClient, admin: Person
) -> None:
    hook = await hooked(client, admin)
    path = f"/v1/webhooks/{hook['webhook_id']}"
    assert (await client.delete(path, headers=admin.headers)).status_code == 204
    (off,) = (await client.get("/v1/webhooks", headers=admin.headers)).json()
    assert off["disabled_why"] == "switched off by an admin"
    for act in ("test", "rotate"):
        refused = await client.post(f"{path}/{act}", headers=admin.headers)
        assert refused.status_code == 409
        assert "Switch it on" in refused.json()["detail"]
    on = await client.post(f"{path}/enable", headers=admin.headers)
    assert (on.status_code, on.json()["disabled_at"]) == (200, None)
    test = await client.post(f"{path}/test", headers=admin.headers)
    twice = await client.post(f"{path}/test", headers=admin.headers)
    assert test.status_code == 202
    assert test.json() == twice.json()
    (queued,) = await listed(client, admin, channel="webhook")
    assert (queued["delivery_id"], queued["kind"]) == (test.json()["delivery_id"], "test")


def test_the_page_for_receivers_holds_code_that_tells_a_true_signature_from_a_false_one() -> None:
    page = (Path(__file__).parents[2] / "docs/operations/deliveries.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the very lines that a receiver's author copies
    is_ours = names["is_ours"]
    old, new = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    body, at = b'{"type":"test"}', 1_772_618_400
    headers = {"webhook-id": "one", "webhook-timestamp": str(at)}
    both = {**headers, "webhook-signature": sign([new, old], message_id="one", timestamp=at, body=body)}
    for secret in (old, new):  # while it is changed, whichever the receiver knows
        assert is_ours(both, body, secret, now=at + 10)
    assert not is_ours(both, body + b" ", new, now=at)
    assert not is_ours({**both, "webhook-id": "two"}, body, new, now=at)
    assert not is_ours(both, body, new, now=at + 600)
    alone = {**headers, "webhook-signature": sign([new], message_id="one", timestamp=at, body=body)}
    assert not is_ours(alone, body, old, now=at)
