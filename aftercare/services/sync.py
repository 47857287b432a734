"""What was queued offline, in any order: a result for each item, and one bad item takes no other with it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import structlog

from aftercare.db.pool import Database
from aftercare.errors import AftercareError, Malformed, NotFound
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import Actor
from aftercare.model.pointers import pointers_of
from aftercare.model.receipts import AnyReceipt
from aftercare.services import receipts
from aftercare.services.check_ins import CheckInAnswer, submit_several

_log = structlog.get_logger()
MOST = 100


class SyncBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 100 check-ins, each `{"id": ..., ...}` in the form that PUT /v1/check-ins/{id} takes, id included.

    And up to 100 receipts: `{"id", "kind": "instructions_shown", "at", "date", "version"}`.

    Items are open, so that one of no form at all takes no other with it. What this server does not take at all is refused
    whole and named: the phone keeps it for a server that does.
    """

    check_ins: list[Any] = []
    receipts: list[Any] = []


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


class SyncAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A result per item, in the order of the request."""

    check_ins: tuple[SyncResult, ...]
    receipts: tuple[SyncResult, ...] = ()


async def sync(
    database: Database, actor: Actor, batch: SyncBatch, *, now: datetime, sent_at: datetime | None = None
) -> SyncAnswer:
    """Take what a phone had queued; the oldest is judged first. Raises Malformed for too many, NotFound.

    `sent_at` is what the phone's clock said when it sent this.
    """
    if actor.id is None:
        raise NotFound
    for name, items in (("check_ins", batch.check_ins), ("receipts", batch.receipts)):
        if len(items) > MOST:
            raise Malformed(
                f"Send at most {MOST} {name.replace('_', '-')} at a time.",
                pointers={f"/{name}": "too many items"},
            )
    results: dict[int, SyncResult] = {}
    read: list[_Read] = []
    for place, raw in enumerate(batch.check_ins):
        try:
            item_id, draft = _read(raw)
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
            [await _receipt(database, actor, place, raw, now) for place, raw in enumerate(batch.receipts)]
        ),
    )


async def _receipt(database: Database, actor: Actor, place: int, raw: Any, now: datetime) -> SyncResult:
    """One receipt, in a transaction of its own."""
    item_id = _id_of(raw)
    try:
        try:
            receipt = msgspec.convert(raw, AnyReceipt)
        except msgspec.ValidationError as error:
            raise Malformed(pointers=pointers_of(str(error))) from None
        await receipts.keep(database, actor, receipt, now=now)
    except AftercareError as error:
        return SyncResult(place=place, id=item_id, status="refused", problem=_problem(error))
    except Exception as error:  # noqa: BLE001 - as with a check-in
        _log.error("receipt_failed", error=type(error).__name__)
        return SyncResult(place=place, id=item_id, status="refused", problem=_problem(AftercareError()))
    return SyncResult(place=place, id=item_id, status="kept")


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


def _read(raw: Any) -> tuple[UUID, CheckInDraft]:
    if not isinstance(raw, dict):
        raise Malformed(pointers={"": "This is not a check-in."})
    rest = dict(raw)
    try:
        item_id = msgspec.convert(rest.pop("id", None), UUID)
        return item_id, msgspec.convert(rest, CheckInDraft)
    except msgspec.ValidationError as error:
        raise Malformed(pointers=pointers_of(str(error))) from None


def _problem(error: AftercareError) -> SyncProblem:
    return SyncProblem(
        type=f"/problems/{error.type}",
        status=error.status,
        detail=error.detail,
        errors=error.pointers,
        try_again=error.status >= 500,
    )
