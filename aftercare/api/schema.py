"""What the framework cannot know of our OpenAPI: who may ask, what is answered when something is wrong, and the words.

Derived from what stands at each endpoint (its guard, its parameters, its body); only what a use case may refuse besides
is listed here. A test holds every answer that any test gets against it.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from aftercare.api.metrics import monitoring
from aftercare.api.problems import Problem
from aftercare.api.shapes import describe
from aftercare.api.who import COOKIE, CSRF_HEADER, anyone, patient_only
from aftercare.errors import NotFound
from aftercare.photos.formats import FORMATS

_PROBLEMS = {
    400: "The body is missing, cut short, or not JSON.",
    401: "Nobody is signed in, or the token has ended.",
    403: "This sign-in may not do that.",
    404: "There is nothing here, or it is not yours to see.",
    408: "The body came too slowly.",
    409: "The id was used with other content, or this cannot be done as things stand.",
    410: "This was here, and is used or removed.",
    412: "Someone changed this meanwhile.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken.",
    422: "A part of the request does not have its form; `errors` point at it.",
    429: "Too many tries.",
    500: "Something went wrong on our side.",
    503: "The server or its database is busy or away; nothing was stored.",
}
_WAIT = {429, 503}

# What a use case refuses, beyond what its guard, parameters and body let one see.
_ALSO: dict[str, set[int]] = {
    "enrolment_enrol": {401, 409, 410, 429},
    "enrolment_rotate": {401},
    "staff_sign_in": {401, 403, 404, 429},
    "staff_create": {409},
    "staff_change_password": {429},
    "staff_disable": {409},
    "staff_set_password": {409},
    "address_register": {409},
    "address_test_address": {409},
    "staff_preferences_update": {412},
    "my_preferences_update": {412},
    "patient_preferences_update": {412},
    "patient_reminders_put_reminders": {412},
    "patient_update": {412},
    "backtest_simulate": {429},
    "patient_plan": {409},
    "course_end": {409},
    "course_settings_update": {412},
    "clinic_settings_update": {412},
    "rota_create": {409},
    "rota_update": {409, 412},
    "rota_remove": {409},
    "rota_lay_over": {409},
    "chain_update": {412},
    "recall_add_contact": {409},
    "follow_up_add": {409},
    "follow_up_put_follow_up": {409},
    "follow_up_finish": {409},
    "follow_up_reopen": {409},
    "script_update": {412},
    "patient_screen": {404, 409},
    "patient_record_session": {409},
    "screening_prepare": {412},
    "instructions_draft": {404, 409},
    "instructions_update": {409, 412},
    "instructions_publish": {409, 412},
    "instructions_discard": {409, 412},
    "rule_pack_draft": {409},
    "rule_pack_edit": {409, 412},
    "rule_pack_release": {409, 412},
    "rule_pack_shadow": {409, 412},
    "rule_pack_retire": {409, 412},
    "rule_pack_restore": {409},
    "record_put_check_in": {409},
    "check_in_put_check_in": {409, 429},
    "my_message_put_message": {409, 429},
    "my_message_my_messages": {404},
    "message_reply": {409},
    "message_template_create": {409},
    "message_template_update": {412},
    "message_template_retire": {412},
    "delivery_again": {409},
    "webhook_rotate": {409},
    "webhook_test_webhook": {409},
    "photo_put_photo": {400, 409, 410, 413, 415, 429},
    "photo_view": {410, 503},
    "record_view_photo": {410},
    "photo_use_view_for": {410},
    "patient_read": {410},
    "erasure_erase": {409, 410},
    "erasure_refuse": {409},
    **{
        f"alert_{act}": {409}
        for act in ("acknowledge", "attempt", "contact", "snooze", "resolve", "reopen", "end_condition")
    },
}
_NO_DATABASE = {"server_info", "server_live"}

_TEXTS = {
    ("RulePackDraft", "changes"): (
        "Only what differs from the shipped pack, in the shape of `pack` in `GET /v1/rule-packs/{number}`. Of a row `tier`, "
        "`off`, `holds_course` and `alone_from_day` may be changed; lists are replaced whole. What is unknown, out of bounds or below the "
        "floor is refused, each with its JSON pointer."
    ),
    ("CheckInDraft", "answers"): (
        "Item key to value, open on purpose: nothing a patient reported is refused for one bad item. The items, their "
        "kinds and bounds are the instrument's, in `questions` of `GET /v1/me/today`; what does not fit is kept, named "
        "in `set_aside` of the answer, and the rest is judged."
    ),
    ("CheckInDraft", "day"): (
        "What the app believed; recomputed from `recorded_at`. Null is “something changed”, at any time."
    ),
    ("SyncBatch", "messages"): (
        "Up to 100 objects in the form of MessageDraft with their `id`; open, so that a bad one takes no other with it."
    ),
    ("SyncBatch", "check_ins"): (
        "Up to 100 objects in the form of CheckInDraft with their `id`; open, so that a bad one takes no other with it."
    ),
}

_SCHEMES = {
    "patient": {
        "type": "http",
        "scheme": "bearer",
        "description": "The access token of an installation, from `POST /v1/enrolments` or `POST /v1/tokens`.",
    },
    "staff": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a sign-in, from `POST /v1/staff/sign-ins`.",
    },
    "monitoring": {
        "type": "http",
        "scheme": "bearer",
        "description": "The operator's `AFTERCARE_METRICS_TOKEN`; where none is set, the machine itself needs none.",
    },
    "staff_cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The same sign-in, as browsers hold it.",
    },
    "form_token": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "`csrf_token` of the sign-in: what a change by cookie must bring besides.",
    },
}


class SchemaPlugin(JsonRenderPlugin):
    """Serves the completed document."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002 - theirs
        """The same bytes as the file in the repository."""
        return document(request.app)


def schema_router() -> Router:
    """Where the document is served; beside it there is nothing, which the framework would say as a page."""
    return Router(
        "/openapi", route_handlers=[], before_request=_only_the_document, include_in_schema=False, dto=None
    )


def _only_the_document(request: Request[Any, Any, Any]) -> None:
    if request.url.path.rstrip("/") not in {"/openapi", "/openapi/openapi.json"}:
        raise NotFound


def operation_id(handler: HTTPRouteHandler, _method: object, _path: object) -> str:
    """`alert_acknowledge` for AlertController.acknowledge: short, stable, unique."""
    owner, _, name = handler.fn.__qualname__.rpartition(".")
    noun = "".join(f"_{c.lower()}" if c.isupper() else c for c in owner.removesuffix("Controller"))
    return f"{noun}_{name}".lstrip("_")


def document(app: Litestar) -> bytes:
    """The application's OpenAPI 3.1 as formatted JSON, the same bytes for the same code."""
    schema: dict[str, Any] = msgspec.to_builtins(app.openapi_schema.to_schema())
    described = []
    for path, method, handler in _endpoints(app):
        operation = schema["paths"].get(path, {}).get(method)
        if operation is not None:  # what serves this document is not part of it
            described.append((operation, handler))
            _complete(operation, method, handler)
    describe(schema, described)
    components = schema["components"]
    components["securitySchemes"] = _SCHEMES
    _, problem = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    del problem["Problem"]["properties"][
        "extra"
    ]  # its members stand beside the others, as RFC 9457 has extensions
    components["schemas"] |= problem
    for (owner, name), text in _TEXTS.items():
        components["schemas"][owner]["properties"][name]["description"] = text
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"


def _endpoints(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    yield route.path_format, method.lower(), handler


def _complete(operation: dict[str, Any], method: str, handler: HTTPRouteHandler) -> None:
    guards = set(handler.guards or ())
    if guards == {monitoring}:
        operation["security"] = [{"monitoring": []}]
    elif guards != {anyone}:
        operation["security"] = _security(patient=patient_only in guards, changes=method != "get")
    if operation["operationId"] == "photo_put_photo":
        picture = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {
            "required": True,
            "content": dict.fromkeys((known.media_type for known in FORMATS), picture),
        }
    responses = operation["responses"]
    responses.get("204", {}).pop("content", None)
    responses.pop("400", None)  # the framework's own form, which is never sent
    for status in sorted(_statuses(operation, opened=guards == {anyone})):
        responses.setdefault(str(status), _problem(status))


def _security(*, patient: bool, changes: bool) -> list[dict[str, list[str]]]:
    if patient:
        return [{"patient": []}]
    cookie: dict[str, list[str]] = {"staff_cookie": []}
    return [{"staff": []}, cookie | {"form_token": []} if changes else cookie]


def _statuses(operation: dict[str, Any], *, opened: bool) -> set[int]:
    found = {500} | _ALSO.get(operation["operationId"], set())
    if operation["operationId"] not in _NO_DATABASE:
        found.add(503)
    if not opened:
        found |= {401, 403}
    parameters = operation.get("parameters", [])
    if parameters:
        found.add(422)
    if any(one["in"] == "path" for one in parameters):
        found.add(404)
    if "requestBody" in operation:
        found |= {400, 408, 413, 422}
    return found


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": _PROBLEMS[status],
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in _WAIT:
        answer["headers"] = {
            "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}
        }
    return answer
