"""Bodies and answers in the OpenAPI as our decoder reads and our encoder writes them, said by msgspec itself.

The framework's own reading of a Struct loses bounds of items and exclusive ones, and says of a tuple's items that they are
one of two things of which both fit.
"""

import inspect
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from aftercare.model.people import BaselineItem
from aftercare.model.text import END

_TEMPLATE = "#/components/schemas/{name}"
_JSON = "application/json"
_LINES = "application/x-ndjson"
# What a Struct holds to and its schema does not say.
_ALSO: dict[tuple[str, str], dict[str, Any]] = {
    ("CheckInDraft", "answers"): {"additionalProperties": True},
    ("PatientDraft", "baseline"): {"propertyNames": {"enum": list(get_args(BaselineItem))}},
}


def describe(schema: dict[str, Any], operations: list[tuple[dict[str, Any], HTTPRouteHandler]]) -> None:
    """Write the shapes of these operations, with what answers them, into the document."""
    slots = [slot for operation, handler in operations for slot in _slots(operation, handler)]
    shapes, components = msgspec.json.schema_components([kind for _, kind in slots], ref_template=_TEMPLATE)
    for (slot, _), shape in zip(slots, shapes, strict=True):
        slot["schema"] = shape
    for (owner, name), more in _ALSO.items():
        components[owner]["properties"][name] |= more
    known = schema["components"]["schemas"]
    # Of the framework's own remain the few that parameters name.
    schema["components"]["schemas"] = {
        name: known[name] for name in _named_by_parameters(schema)
    } | components
    for parameter in _parameters(schema):
        parameter["schema"] = _as_text(parameter["schema"])
    for one in _objects(schema):
        if isinstance(one.get("pattern"), str):
            # Where OpenAPI is read, "$" is the very end and needs no help.
            one["pattern"] = one["pattern"].replace(END, "$")
        if isinstance(one.get("description"), str):
            one["description"] = inspect.cleandoc(one["description"])


def _slots(operation: dict[str, Any], handler: HTTPRouteHandler) -> Iterator[tuple[dict[str, Any], Any]]:
    """Where a schema stands, and the type that it is of."""
    body = handler.parsed_data_field
    if body is not None:
        yield operation["requestBody"]["content"][_JSON], body.annotation
    answer = handler.parsed_return_field.annotation
    if isinstance(get_origin(answer), type) and issubclass(get_origin(answer), Response):
        (answer,) = get_args(answer)
    for status, response in operation["responses"].items():
        if status.startswith("2") and _JSON in response.get("content", {}):
            yield response["content"][_JSON], answer
        if _LINES in response.get("content", {}):
            # What a stream is made of, its handler says beside it.
            yield response["content"][_LINES], (handler.responses or {})[int(status)].data_container


def _parameters(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        parameter
        for path in schema["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
    ]


def _as_text(shape: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without null: an address and a header have only text, so it can be left out, not null."""
    if isinstance(shape.get("type"), list):
        shape = {**shape, "type": next(kind for kind in shape["type"] if kind != "null")}
    if "enum" in shape:
        shape = {**shape, "enum": [one for one in shape["enum"] if one is not None]}
    kinds = [one for one in shape.get("oneOf", []) if one != {"type": "null"}]
    if len(kinds) != 1:
        return shape
    return {**{name: one for name, one in shape.items() if name != "oneOf"}, **kinds[0]}


def _named_by_parameters(schema: dict[str, Any]) -> set[str]:
    references = [one["$ref"] for one in _objects(_parameters(schema)) if isinstance(one.get("$ref"), str)]
    return {reference.removeprefix(_TEMPLATE.format(name="")) for reference in references}


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for one in inner:
        yield from _objects(one)
