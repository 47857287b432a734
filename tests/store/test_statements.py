"""Every statement prepares against the real schema, and every statement of a tenant names its clinic."""

import re

import asyncpg
import pytest

from aftercare.db.sql import queries, sql_folder

_STATEMENTS = [
    (file.stem, name, body)
    for file in sorted((sql_folder() / "queries").glob("*.sql"))
    for name, body in queries(file.stem).items()
]
# The directory knows no clinic yet; the queue and the sealer work across clinics, as the worker.
_ACROSS_CLINICS = {
    ("clinics", "find"),
    ("due_work", "bring_all_forward"),
    ("due_work", "claim"),
    ("due_work", "renew"),
    ("due_work", "next_due"),
    ("addresses", "alone"),  # a lock
    ("audit", "clinics_to_seal"),
    ("erasures", "clinics"),
    ("heartbeat", "alone"),
    ("heartbeat", "together"),
    ("heartbeat", "bury"),
    ("heartbeat", "kinds"),
    ("heartbeat", "newest_beat"),
    ("heartbeat", "oldest_urgent"),
    ("heartbeat", "behind"),
    ("heartbeat", "clinics"),
    ("heartbeat", "standing"),
    ("heartbeat", "write"),
    ("heartbeat", "forget"),
    ("metrics", "counted"),
    ("metrics", "due"),
    ("metrics", "standing_everywhere"),
    ("metrics", "unsealed"),
    ("photo_store", "plan"),
    ("photo_store", "clinics"),
}


@pytest.mark.parametrize(("noun", "name", "body"), _STATEMENTS, ids=[f"{n}.{s}" for n, s, _ in _STATEMENTS])
def test_a_statement_names_its_clinic(noun: str, name: str, body: str) -> None:
    names_it = re.search(r"clinic_id\s*=\s*\$1|values \(\$1|select \$1, |_holder\(\$1, ", body) is not None
    assert names_it == ((noun, name) not in _ACROSS_CLINICS)


async def test_every_statement_prepares_as_the_role_that_runs_it(database_url: str) -> None:
    worker = await asyncpg.connect(database_url, server_settings={"role": "aftercare_worker"})
    try:
        for _, _, body in _STATEMENTS:
            await worker.prepare(body)
    finally:
        await worker.close()
