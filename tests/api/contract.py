"""What every answer of the API owes, held against each answer that any test here gets: the OpenAPI, and RFC 9457."""

import re
from functools import cache
from typing import Any

import httpx
import jsonschema
import msgspec

from aftercare.api.openapi import openapi_document

_METHODS = {"get", "put", "post", "delete"}


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(openapi_document())
    return found


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    def pattern(path: str) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "/?")

    # Fixed parts first: /v1/tokens/current is not a token called current.
    return [(pattern(path), schema()["paths"][path]) for path in sorted(schema()["paths"])]


def operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation that answers, or None if the document knows none."""
    for pattern, operations in _paths():
        if pattern.fullmatch(path):
            found: dict[str, Any] | None = operations.get(method.lower())
            return found
    return None


@cache
def _validator(reference: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        {"$ref": reference, "components": schema()["components"]},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


async def held_to_the_contract(response: httpx.Response) -> None:
    await response.aread()
    assert "no-store" in response.headers.get("cache-control", ""), response.request.url
    kind = response.headers.get("content-type", "")
    if response.status_code >= 400:
        assert kind == "application/problem+json", (response.status_code, response.text)
        problem = response.json()
        _validator("#/components/schemas/Problem").validate(problem)
        assert problem["status"] == response.status_code
        assert response.status_code not in {429, 503} or int(response.headers["retry-after"]) >= 1
        assert response.status_code != 401 or response.headers["www-authenticate"] == "Bearer"
    found = operation(response.request.method, response.request.url.path)
    if found is None:
        asked_what_can_be_done = response.request.method == "OPTIONS"
        assert (
            response.status_code >= 400 or asked_what_can_be_done or "/openapi/" in response.request.url.path
        )
        return
    answers = found["responses"]
    assert str(response.status_code) in answers, (found["operationId"], response.status_code, response.text)
    shape = answers[str(response.status_code)].get("content", {}).get("application/json", {}).get("schema")
    if shape is not None and response.status_code < 300:
        _validate(shape, response.json())


def _validate(shape: dict[str, Any], body: Any) -> None:
    if "$ref" in shape:
        _validator(shape["$ref"]).validate(body)
    else:
        jsonschema.Draft202012Validator(shape | {"components": schema()["components"]}).validate(body)
