"""docs/openapi.json: current, valid OpenAPI 3.1, and honest about what can go wrong."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from aftercare.api.openapi import openapi_document
from tests.api.contract import schema

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"


def every(node: Any) -> list[dict[str, Any]]:
    """All objects of the document."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return ([node] if isinstance(node, dict) else []) + [found for one in inner for found in every(one)]


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(m, path, one) for path, those in schema()["paths"].items() for m, one in those.items()]


def test_the_file_in_the_repository_is_current() -> None:
    assert FILE.read_bytes() == openapi_document(), "Run: python -m aftercare openapi > docs/openapi.json"


async def test_what_is_served_is_the_file(client: httpx.AsyncClient) -> None:
    served = await client.get("/openapi/openapi.json")
    assert served.content == FILE.read_bytes()


def test_it_is_openapi_3_1_and_every_schema_in_it_is_valid() -> None:
    document = schema()
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"]
    for name, one in document["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        jsonschema.Draft202012Validator.check_schema(one)


def test_every_reference_leads_somewhere() -> None:
    references = {one["$ref"] for one in every(schema()) if isinstance(one.get("$ref"), str)}
    assert len(references) > 50
    for reference in references:
        *folders, name = reference.removeprefix("#/").split("/")
        node = schema()
        for folder in folders:
            node = node[folder]
        assert name in node, reference


def test_every_operation_has_its_id_its_summary_and_its_parameters() -> None:
    ids = [one["operationId"] for _, _, one in operations()]
    assert len(ids) == len(set(ids)) > 40
    for method, path, one in operations():
        assert one["summary"], path
        assert re.fullmatch(r"[a-z_]+", one["operationId"])
        named = {each["name"] for each in one.get("parameters", []) if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path)), path
        assert ("requestBody" in one) <= (method in {"post", "put"}), path


def test_every_problem_is_documented_as_a_problem() -> None:
    for method, path, one in operations():
        for status, answer in one["responses"].items():
            assert answer["description"], (method, path, status)
            if int(status) >= 400:
                content = answer["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            if int(status) in {429, 503}:
                assert "Retry-After" in answer["headers"]


def test_every_operation_says_who_may_ask() -> None:
    schemes = schema()["components"]["securitySchemes"]
    open_to_all = set()
    for method, path, one in operations():
        if "security" not in one:
            open_to_all.add(one["operationId"])
            continue
        assert {"401", "403"} <= set(one["responses"]), path
        names = [set(each) for each in one["security"]]
        assert set().union(*names) <= set(schemes)
        cookie = {"staff_cookie"} if method == "get" else {"staff_cookie", "form_token"}
        assert names in ([{"patient"}], [{"staff"}, cookie], [{"monitoring"}]), path
        assert (names == [{"monitoring"}]) == (path == "/metrics")
    assert open_to_all == {
        "server_info",
        "server_live",
        "server_ready",
        "enrolment_enrol",
        "enrolment_rotate",
        "staff_sign_in",
    }


@pytest.mark.parametrize(
    ("operation_id", "statuses"),
    [
        ("check_in_put_check_in", {201, 400, 401, 403, 404, 408, 409, 413, 422, 429, 503}),
        ("photo_put_photo", {201, 400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 429, 503}),
        ("enrolment_enrol", {201, 400, 401, 408, 409, 410, 413, 422, 429, 503}),
        ("patient_update", {200, 400, 401, 403, 404, 408, 412, 413, 422, 503}),
    ],
)
def test_an_operation_names_the_problems_that_it_has(operation_id: str, statuses: set[int]) -> None:
    one = next(one for _, _, one in operations() if one["operationId"] == operation_id)
    assert {int(status) for status in one["responses"]} - {500} == statuses


def test_the_answers_of_a_check_in_are_open_and_point_to_the_instrument() -> None:
    answers = schema()["components"]["schemas"]["CheckInDraft"]["properties"]["answers"]
    assert answers["additionalProperties"] in ({}, True)
    assert "instrument" in answers["description"]
    assert "/v1/me/today" in answers["description"]


def test_it_names_no_machine() -> None:
    text = json.dumps(schema())
    assert not re.search(r"/(work|home|root|tmp)/|localhost|127\.0\.0\.1", text)
