"""The page of somebody's own notifications."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.alerts.quiet import own_digest
from aftercare.alerts.rota import on_call
from aftercare.care.opening import digest_at
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.addresses import AddressView, ChannelName
from aftercare.model.me_page import MePage, TestOutcome, TypedPreferences, Way
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import addresses, rotas
from aftercare.store import preferences as store

_TESTS_OF: Final = timedelta(days=1)
Tests = dict[tuple[ChannelName, UUID | None], TestOutcome]


async def me_page(
    database: Database,
    reader: Reader,
    channels: Collection[ChannelName],
    *,
    typed: TypedPreferences | None = None,
    now: datetime,
) -> MePage:
    """Where one is reached and when not, of the channels that are set up; with what was typed where it was refused.

    Raises NotFound.
    """
    clinic_id, staff_id = reader.actor.clinic_id, reader.actor.id
    if staff_id is None:
        raise NotFound
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        registered = await addresses.of_staff(db, clinic_id, staff_id)
        asked = await store.of_staff(db, clinic_id, staff_id)
        tests = await store.tests_of(db, clinic_id, staff_id, now - _TESTS_OF)
        called = await _is_on_call(db, clinic_id, staff_id, now)
    zone = asked.time_zone or clinic.time_zone
    mail = Way(channel=ChannelName.SMTP, where=reader.member.email, test=tests.get((ChannelName.SMTP, None)))
    return MePage(
        head=top,
        ways=(mail, *(_way(one, tests) for one in registered)),
        preferences=asked,
        time_zone=zone,
        new_id=uuid7(),
        openings=clinic.openings if zone == clinic.time_zone else (),
        digest_at=own_digest(asked, clinic.hours, now, digest_at(clinic.hours, now)),
        on_call=called,
        with_numbers=ChannelName.SMS in channels,
        typed=typed,
    )


async def _is_on_call(db: Connection, clinic_id: UUID, staff_id: UUID, now: datetime) -> bool:
    return any(on_call(one, now) == staff_id for one in await rotas.of_clinic(db, clinic_id, now))


def _way(one: AddressView, tests: Tests) -> Way:
    where = one.label or (f"number ending in {one.ending}" if one.ending else "")
    return Way(
        channel=one.channel,
        where=where,
        address_id=one.address_id,
        since=one.created_at,
        retired_at=one.retired_at,
        retired_why=one.retired_why,
        test=tests.get((one.channel, one.address_id)),
    )
