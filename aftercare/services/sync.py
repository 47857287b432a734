"""What was queued offline, in any order: a result for each item, and one bad item takes no other with it."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
import structlog

from aftercare.db.pool import Database
from aftercare.errors import AftercareError, Malformed, NotFound, TooManyTries
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.patient_messages import MessageAnswer, MessageDraft
from aftercare.model.people import Actor
from aftercare.model.pointers import pointers_of
from aftercare.model.receipts import AnyReceipt
from aftercare.services import messages, receipts
from aftercare.services.check_ins import CheckInAnswer, submit_several

_log = structlog.get_logger()
MOST = 100
Draft = TypeVar("Draft", CheckInDraft, MessageDraft)
_NAMES: Final[dict[type, str]] = {CheckInDraft: "check-in", MessageDraft: "message"}


class SyncBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 100 check-ins, each `{"id": ..., ...}` in the form that PUT /v1/check-ins/{id} takes, id included.

    And up to 100 receipts: `{"id", "kind": "instructions_shown", "at", "date", "version"}`; and up to 100 messages, each
    `{"id": ..., ...}` in the form that PUT /v1/messages/{id} takes.

    Items are open, so that one of no form at all takes no other with it. What this server does not take at all is refused
    whole and named: the phone keeps it for a server that does.
    """

    check_ins: list[Any] = []
    receipts: list[Any] = []
    messages: list[Any] = []


class SyncProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong with one item. `try_again` where the fault is ours: the phone keeps it and sends it again."""

    type: str
    status: int
    detail: str
    errors: dict[str, str] = {}
    try_again: bool = False


class SyncResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item, by its place in the request and its id where it has one."""

    place: int
    id: UUID | None = None
    status: Literal["kept", "refused"]
    answer: CheckInAnswer | None = None
    problem: SyncProblem | None = None


class SyncedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message, by its place in the request and its id where it has one."""

    place: int
    id: UUID | None = None
    status: Literal["kept", "refused"]
    answer: MessageAnswer | None = None
    problem: SyncProblem | None = None


class SyncAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A result per item, in the order of the request."""

    check_ins: tuple[SyncResult, ...]
    receipts: tuple[SyncResult, ...] = ()
    messages: tuple[SyncedMessage, ...] = ()


async def sync(
    database: Database, actor: Actor, batch: SyncBatch, *, now: datetime, sent_at: datetime | None = None
) -> SyncAnswer:
    """Take what a phone had queued; the oldest is judged first. Raises Malformed for too many, NotFound.

    `sent_at` is what the phone's clock said when it sent this.
    """
    if actor.id is None:
        raise NotFound
    every = (("check_ins", batch.check_ins), ("receipts", batch.receipts), ("messages", batch.messages))
    for name, items in every:
        if len(items) > MOST:
            raise Malformed(
                f"Send at most {MOST} {name.replace('_', '-')} at a time.",
                pointers={f"/{name}": "too many items"},
            )
    results: dict[int, SyncResult] = {}
    read: list[_Read] = []
    for place, raw in enumerate(batch.check_ins):
        try:
            item_id, draft = _read(raw, CheckInDraft)
        except AftercareError as error:
            results[place] = SyncResult(
                place=place, id=_id_of(raw), status="refused", problem=_problem(error)
            )
        else:
            read.append((draft.recorded_at, place, item_id, draft))
    if read:
        results |= await _take(database, actor, actor.id, sorted(read, key=lambda one: one[:2]), now, sent_at)
    return SyncAnswer(
        check_ins=tuple(results[place] for place in sorted(results)),
        receipts=tuple(
            [
                await _receipt(database, actor, place, raw, now, sent_at)
                for place, raw in enumerate(batch.receipts)
            ]
        ),
        messages=tuple(await _messages(database, actor, batch.messages, now, sent_at)),
    )


async def _receipt(
    database: Database, actor: Actor, place: int, raw: Any, now: datetime, sent_at: datetime | None
) -> SyncResult:
    """One receipt, in a transaction of its own."""
    item_id = _id_of(raw)
    try:
        try:
            receipt = msgspec.convert(raw, AnyReceipt)
        except msgspec.ValidationError as error:
            raise Malformed(pointers=pointers_of(str(error))) from None
        await receipts.keep(database, actor, receipt, now=now, sent_at=sent_at)
    except AftercareError as error:
        return SyncResult(place=place, id=item_id, status="refused", problem=_problem(error))
    except Exception as error:  # noqa: BLE001 - as with a check-in
        _log.error("receipt_failed", error=type(error).__name__)
        return SyncResult(place=place, id=item_id, status="refused", problem=_problem(AftercareError()))
    return SyncResult(place=place, id=item_id, status="kept")


async def _messages(
    database: Database, actor: Actor, items: list[Any], now: datetime, sent_at: datetime | None
) -> list[SyncedMessage]:
    """Each in a transaction of its own, the oldest first and each a moment later, so that they stand in that order."""
    read: list[tuple[datetime, int, UUID, MessageDraft]] = []
    results: dict[int, SyncedMessage] = {}
    for place, raw in enumerate(items):
        try:
            item_id, draft = _read(raw, MessageDraft)
        except AftercareError as error:
            results[place] = _refused(place, _id_of(raw), error)
        else:
            read.append((draft.written_at, place, item_id, draft))
    for turn, (_, place, item_id, draft) in enumerate(sorted(read, key=lambda one: one[:2])):
        at = now + turn * timedelta(microseconds=1)
        try:
            answer = await messages.send(database, actor, item_id, draft, now=at, sent_at=sent_at)
        except AftercareError as error:
            results[place] = _refused(place, item_id, error)
        except Exception as error:  # noqa: BLE001 - as with a check-in
            _log.error("message_failed", error=type(error).__name__)
            results[place] = _refused(place, item_id, AftercareError())
        else:
            results[place] = SyncedMessage(place=place, id=item_id, status="kept", answer=answer)
    return [results[place] for place in sorted(results)]


def _refused(place: int, item_id: UUID | None, error: AftercareError) -> SyncedMessage:
    return SyncedMessage(place=place, id=item_id, status="refused", problem=_problem(error))


_Read = tuple[datetime, int, UUID, CheckInDraft]


async def _take(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    read: list[_Read],
    now: datetime,
    sent_at: datetime | None,
) -> dict[int, SyncResult]:
    """All at once; where we fail at that, each alone, so that the one we fail at takes no other with it."""
    drafts = [(item_id, draft) for _, _, item_id, draft in read]
    answers: list[CheckInAnswer | AftercareError]
    try:
        answers = await submit_several(database, actor, patient_id, drafts, now=now, sent_at=sent_at)
    except AftercareError as error:
        answers = [error] * len(drafts)
    except Exception as error:  # noqa: BLE001 - one item that we fail at must not take the others with it
        _log.error("sync_failed", items=len(drafts), error=type(error).__name__)
        if len(read) > 1:
            alone = [await _take(database, actor, patient_id, [one], now, sent_at) for one in read]
            return {place: result for results in alone for place, result in results.items()}
        answers = [AftercareError()]
    return {
        place: _result(place, item_id, answer)
        for (_, place, item_id, _), answer in zip(read, answers, strict=True)
    }


def _result(place: int, item_id: UUID, answer: CheckInAnswer | AftercareError) -> SyncResult:
    if isinstance(answer, AftercareError):
        return SyncResult(place=place, id=item_id, status="refused", problem=_problem(answer))
    return SyncResult(place=place, id=item_id, status="kept", answer=answer)


def _id_of(raw: Any) -> UUID | None:
    """The id of an item that could not be read, so that the phone knows which one it was."""
    try:
        return msgspec.convert(raw.get("id") if isinstance(raw, dict) else None, UUID | None)
    except msgspec.ValidationError:
        return None


def _read(raw: Any, form: type[Draft]) -> tuple[UUID, Draft]:
    if not isinstance(raw, dict):
        raise Malformed(pointers={"": f"This is not a {_NAMES[form]}."})
    rest = dict(raw)
    try:
        item_id = msgspec.convert(rest.pop("id", None), UUID)
        return item_id, msgspec.convert(rest, form)
    except msgspec.ValidationError as error:
        raise Malformed(pointers=pointers_of(str(error))) from None


def _problem(error: AftercareError) -> SyncProblem:
    return SyncProblem(
        type=f"/problems/{error.type}",
        status=error.status,
        detail=error.detail,
        errors=error.pointers,
        try_again=error.status >= 500 or error.status == TooManyTries.status,
    )
