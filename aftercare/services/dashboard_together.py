"""One phone call for several alerts of one patient: the same act on each, a transaction each."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from aftercare.alerts.errors import AlreadyResolvedError, RisenError, TakenError
from aftercare.db.pool import Database
from aftercare.errors import AftercareError, Malformed
from aftercare.model.people import Actor
from aftercare.store.triage import patients_of


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: for how many it was done, and an alert that somebody else had taken meanwhile."""

    done: int
    taken: UUID | None = None


async def together(
    database: Database, actor: Actor, alert_ids: Sequence[UUID], do: Callable[[UUID], Awaitable[object]]
) -> Together:
    """Do it to each. What a colleague took or resolved meanwhile stays theirs and does not stop the others.

    Nor does one that became more urgent, but that is then said above all else (RisenError).

    Raises Malformed if they are not one patient's, and the first refusal if it could be done to none.
    """
    if len(alert_ids) > 1:
        async with database.clinic(actor.clinic_id) as db:
            if len(await patients_of(db, actor.clinic_id, list(alert_ids))) > 1:
                raise Malformed("These alerts are not of one patient. Reload the page, then try again.")
    done, refusals = 0, list[AftercareError]()
    taken = None
    for alert_id in alert_ids:
        try:
            await do(alert_id)
        except (TakenError, AlreadyResolvedError, RisenError) as error:
            refusals.append(error)
            taken = taken or (alert_id if isinstance(error, TakenError) else None)
        else:
            done += 1
    risen = [error for error in refusals if isinstance(error, RisenError)]
    if risen or (refusals and not done):
        raise (*risen, *refusals)[0]
    return Together(done=done, taken=taken)
