"""schemathesis over the document as it is served: one role, some operations, all checks, and what came of it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

import httpx
import schemathesis
from schemathesis.auths import AuthContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import RejectedPositiveData

from aftercare.api.app import create_app
from aftercare.api.metrics import monitoring
from aftercare.api.schema import _endpoints, operation_id
from aftercare.api.who import (
    admin_only,
    anyone,
    care_team,
    patient_only,
    practitioner_only,
    practitioner_or_admin,
    staff_only,
)
from aftercare.services.house import build_house
from aftercare.settings import Settings
from tests.prove.served import ROLES, STAFF, Served

AnyCase = Case[Any]
_GUARDS: dict[Any, frozenset[str]] = {
    anyone: frozenset({*ROLES, "nobody"}),
    patient_only: frozenset({"patient"}),
    staff_only: frozenset(STAFF),
    care_team: frozenset({"practitioner", "coordinator"}),
    practitioner_only: frozenset({"practitioner"}),
    practitioner_or_admin: frozenset({"practitioner", "admin"}),
    admin_only: frozenset({"admin"}),
    monitoring: frozenset(),  # whoever has the token of the metrics, which is no sign-in
}
_ENDS_THE_SIGN_IN = {"staff_sign_out", "enrolment_revoke"}
_STREAM_EVENTS = (
    1  # of live updates, which go on for ever: the first is there at once, the next may take 15 s
)
# An operation without an example gets one made; those given are sent as they are, not with ids seen elsewhere.
_MORE = {"examples": {"fill-missing": True, "extra-data-sources": {"responses": False}}}
# Where somebody who may not ask got further than the guard.
_LET_IN = {200, 201, 204, 409, 410, 412, 422}


@dataclass(frozen=True)
class Rule:
    """A body that fits the document and is refused all the same, with what is then said, and why it is right."""

    operation: str
    said: str
    why: str


# All that the document cannot say of what it takes; every other refusal of what fits it is a fault.
RULES = (
    Rule(r".*", r"Expected `int.*`, got `float`", "JSON Schema calls 1.0 a whole number; we take what is written as one."),
    Rule(r".*", r"malformed cursor unknown", "A cursor is opaque: only what a page before gave is one."),
    Rule(r".*put_(check_in|photo|message)|message_reply", r"/(message_)?id not a UUID of version 4 or 7", "No schema names the version of a UUID."),
    Rule(r"patient_(create|update)", r"/time_zone This is not an IANA", "Zones are a database of their own."),
    Rule(r"patient_(create|update)", r"/birth_date This is not the birth", "The present is not in a schema."),
    Rule(r".*", r"/problems/outdated|If-Match unknown", "An ETag is opaque, and of one version."),
    Rule(r"patient_record_session", r"/session_at A session is recorded", "The present is not in a schema."),
    Rule(r"recall_add_contact", r"/day (Choose a day|Say for which day|Only what is)", "Ahead, where the kind of word needs one."),
    Rule(r"course_settings_update", r"This may not be less than", "A range ends after it begins."),
    Rule(r"rule_pack_(draft|edit)", r"/changes", "What a pack holds, and its floor, is data with a version."),
    Rule(r"statistics_(read|export)", r"/(since|until) (out of range|after until|1100 days)", "The present is not in a schema."),
    Rule(r"erasure_erase", r"/name This is not", "Who erases writes whom."),
    Rule(r"alert_snooze", r"alert-snooze", "The same: a snooze ends in the future."),
    Rule(r"patient_(screen|record_session)", r"/reasons Say why", "What an outcome asks for depends on the advice."),
    Rule(r"patient_(screen|record_session)|screening_(advise|prepare)", r"unknown-questionnaire", "Versions are data."),
    Rule(r"webhook_create", r"/url This is not the address", "Hosts have a grammar and ports a bound of their own."),
    Rule(r"instructions_(update|publish)", r"instructions-refused", "Days of one topic must not meet, and words agree with the course."),
    Rule(r"patient_plan", r"clinic's course settings", "A clinic's own settings are not in a schema."),
    Rule(r"me_consent", r"/text_version not a version of", "Versions are data."),
    Rule(r".*photo.*", r"photo-erased", "Another request erased it: nobody reads it any more."),
    Rule(r"my_message_put_message|message_reply", r"/text empty", "Blanks alone say nothing, and a photo may stand for words."),
    Rule(r"(my_)?message_(read|reply)", r"no message of this conversation", "Which messages there are is not in a schema."),
    Rule(r"my_message_put_message", r"messages-of-today-used", "How many came before is not in a schema."),
    Rule(r"check_in_put_check_in", r"too-many-check-ins", "The same."),
    Rule(r"staff_preferences_update", r"/(quiet|muted/)", "How long spans last together, and who has which ways, is no schema's."),
    Rule(r"(my|patient)_preferences_update", r"/(quiet|reminder_at) ", "A span has a length, and the reminder a time outside of it."),
    Rule(r"staff_preferences_update|installation_put_installation", r"/time_zone This is not an IANA", "Zones are a database."),
    Rule(r"(my|patient)_reminders_put_reminders", r"/until ", "A pause has an end, ahead of now, and nothing else has."),
    Rule(r"address_register|installation_put_installation", r"/(push/)?(address|channel) ", "An address has the grammar of its channel."),
    Rule(r"address_(register|test_address)", r"addresses already|belongs to another|Register it again", "Which there are is not in a schema."),
    Rule(r"follow_up_(add|put_follow_up)", r"/(text|next_on|next_step|happened_at|visit_on|script/)", "The present, versions, and what is said together."),
    Rule(r"script_update", r"/(ask|advise|send_on)", "A script has a line, and none of them twice."),
    Rule(r"rota_(create|update)", r"/participants/\d+ no practitioner|/starts_on a day", "Who works here is not in a schema."),
    Rule(r"rota_lay_over", r"/(ends_at|starts_at) ", "The present is not in a schema."),
    Rule(r"chain_update", r"/steps/\d+/(role|staff_id|rota_id) ", "What a step names depends on whom it tells."),
    Rule(r"clinic_settings_update", r"/holidays/\d+/on (another|a day)", "One holiday a date, and the present is not in a schema."),
    Rule(r"backtest_simulate", r"/until This must be later", "A range ends after it begins."),
    Rule(r"staff_change_password", r"/current This is not", "Whose password it is, is in no schema."),
    Rule(r"enrolment_enrol", r"/problems/gone", "A code is good once."),
)  # fmt: skip


@cache
def who_may() -> dict[str, frozenset[str]]:
    """Operation -> the roles that its guard lets pass."""
    app = create_app(build_house(Settings(), with_worker=False))
    found = {}
    for path, method, handler in _endpoints(app):
        if path.startswith("/openapi") or method == "options":
            continue
        (guard,) = handler.guards or ()
        found[operation_id(handler, method, path)] = _GUARDS[guard]
    return found


@dataclass
class Tally:
    """What was asked, how it was answered, and what was wrong with that."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)  # (operation, first digit)
    faults: list[str] = field(default_factory=list)
    ruled: Counter[str] = field(default_factory=Counter)  # by the reason
    transitions: int = 0

    def requests(self) -> int:
        return sum(self.answers.values())

    def by_class(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (_, digit), count in self.answers.items():
            found[f"{digit}xx"] += count
        return dict(sorted(found.items()))

    def add(self, other: "Tally") -> None:
        self.answers += other.answers
        self.faults += other.faults
        self.ruled += other.ruled
        self.transitions += other.transitions

    def table(self) -> str:
        """A line for each operation."""
        names = sorted({name for name, _ in self.answers})
        return "\n".join(
            f"  {name}: "
            + ", ".join(f"{d}xx {self.answers[name, d]}" for d in range(1, 6) if self.answers[name, d])
            for name in names
        )


def fuzz(
    served: Served, role: str, phases: Collection[str], only: Iterable[str], *, examples: int, seed: int
) -> Tally:
    """Ask as `role` for the operations of `only`; every answer held to every check that schemathesis has."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": served.address,
            "max-stream-events": _STREAM_EVENTS,
            "request-timeout": 30,
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "phases": {
                name: {"enabled": name in phases, **_MORE.get(name, {})}
                for name in ("examples", "coverage", "fuzzing", "stateful")
            },
        }
    )
    tally = Tally()
    loaded = schemathesis.openapi.from_dict(_with_examples(served), config=config)
    schema = loaded.include(operation_id=list(only))
    _sign_in(schema, served, role)
    may = who_may()

    @schema.hook
    def filter_failure(_: HookContext, failure: Failure, case: AnyCase, response: Response) -> bool:
        rule = _rule_of(failure, case, response)
        if rule is not None:
            tally.ruled[rule.why] += 1
        return rule is None

    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            tally.faults.append(f"{role}: {event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.PhaseStarted) and event.payload is not None:
            tally.transitions += event.payload.transitions_selected
        elif isinstance(event, events.ScenarioFinished):
            _count(tally, event.recorder, role, may)
    return tally


def _count(tally: Tally, recorder: ScenarioRecorder, role: str, may: dict[str, frozenset[str]]) -> None:
    for case_id, interaction in recorder.interactions.items():
        operation = recorder.cases[case_id].value.operation
        response, name = interaction.response, operation.definition.raw["operationId"]
        if response is None:
            tally.faults.append(f"{role}: {name}: no answer")
        elif interaction.request.method.upper() == operation.method.upper():
            tally.answers[name, response.status_code // 100] += 1
            if role not in may[name] and response.status_code in _LET_IN:
                tally.faults.append(f"{role} may not {name}, and was answered {response.status_code}")
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                answer = recorder.interactions[case_id].response
                said = b"" if answer is None else (answer.content or b"")[:300]
                tally.faults.append(
                    f"{role}: {check.name}: {check.failure_info.failure.operation}: "
                    f"{check.failure_info.failure.message}\n{check.failure_info.code_sample[:600]}\n{said!r}"
                )


def _rule_of(failure: Failure, case: AnyCase, response: Response) -> Rule | None:
    if not isinstance(failure, RejectedPositiveData):
        return None
    name, problem = case.operation.definition.raw["operationId"], response.json()
    errors = [f"{one['pointer']} {one['detail']}" for one in problem.get("errors", [])]
    said = " ".join([problem["type"], *errors])
    return next(
        (rule for rule in RULES if re.fullmatch(rule.operation, name) and re.search(rule.said, said)), None
    )


def _sign_in(schema: Any, served: Served, role: str) -> None:
    if role not in served.people:
        return

    class Token:
        """The role's own; one to spare for what ends it."""

        def get(self, case: AnyCase, _: AuthContext) -> str:
            name = case.operation.definition.raw["operationId"]
            spare = served.spare[role]
            return spare.pop() if name in _ENDS_THE_SIGN_IN and spare else served.people[role].token

        def set(self, case: AnyCase, data: str, _: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"

    schema.auth(refresh_interval=None)(Token)


def _with_examples(served: Served) -> dict[str, Any]:
    """The served document with the clinic's own ids and bodies that fit them, so that more than refusals is seen."""
    document: dict[str, Any] = httpx.get(served.document).json()
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                _set_example(parameter, operation["operationId"], served)
            content = operation.get("requestBody", {}).get("content", {})
            body = served.body(operation["operationId"])
            if "application/json" in content and body is not None:
                content["application/json"]["example"] = body
    return document


def _set_example(parameter: dict[str, Any], operation: str, served: Served) -> None:
    values = served.held.values
    name = parameter["name"]
    if name == "id":
        there = values["photo_id" if "photo" in operation else "check_in_id"]
        parameter["example"] = str(uuid4()) if "put" in operation else there
    elif name == "If-Match":
        parameter["example"] = served.etag(operation)
    elif parameter["in"] == "path":
        value = served.value(operation, name)
        parameter["example"] = int(value) if parameter["schema"].get("type") == "integer" else value
