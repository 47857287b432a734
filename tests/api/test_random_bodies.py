"""Whatever JSON comes to whatever route writes, the fault is never ours: no 5xx, and only documented answers."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.bodies import Held, body_of, fill
from tests.api.conftest import Seeded
from tests.api.test_isolation import kinds, operations

WRITES = [
    one for one in operations() if "requestBody" in one[2] and one[2]["operationId"] != "photo_put_photo"
]

text = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    [
        "",
        "\0",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-03-04T10:00:00Z",
        "a@b",
        "GB",
        "x" * 300,
    ]
)
scalar = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
    | st.uuids().map(str)
)
anything = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=8
)


@st.composite
def mutated(draw: st.DrawFn, body: dict[str, Any]) -> Any:
    """A body that would do, with some of its parts exchanged, or something else altogether."""
    if not body or draw(st.integers(0, 5)) == 0:
        return draw(anything)
    changed = dict(body)
    for key in draw(st.lists(st.sampled_from(sorted(body)), min_size=1, max_size=2)):
        kept = changed.get(key)
        if isinstance(kept, dict) and kept and draw(st.booleans()):
            changed[key] = kept | {draw(st.sampled_from(sorted(kept)) | text): draw(anything)}
        elif isinstance(kept, list) and kept and isinstance(kept[0], dict) and draw(st.booleans()):
            changed[key] = [draw(mutated(kept[0]))]
        else:
            changed[key] = draw(anything)
    return changed


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_no_json_body_makes_a_fault_of_ours(
    client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection, data: st.DataObject
) -> None:
    held = await _held(client, seeded, root)
    method, path, operation = data.draw(st.sampled_from(WRITES))
    name = operation["operationId"]
    body = data.draw(mutated(body_of(name, held.values) or {}))
    role = (
        "admin_a"
        if name in {"staff_create", "webhook_create", "clinic_settings_update"}
        else "practitioner_a"
    )
    who = seeded.people["alder" if "patient" in kinds(operation) else role]
    address = path.format_map(held.values | {"id": str(uuid4())})
    headers = who.headers | {"if-match": '"1"'}
    answer = await client.request(method, address, headers=headers, json=body)
    assert answer.status_code < 500, (name, body, answer.text)


async def _held(client: httpx.AsyncClient, seeded: Seeded, root: asyncpg.Connection) -> Held:
    """Once per database, however many bodies are tried."""
    known: Held | None = getattr(client, "held", None)
    if known is None:
        known = await fill(client, seeded.people, root)
        client.held = known  # type: ignore[attr-defined]  # the client lives as long as its database
    return known
