"""The catalog: every tenant table is forced behind its clinic, and the roles own nothing and may do no more than they do."""

import ast
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

import aftercare
from aftercare.db.sql import queries, sql_folder

# What the worker must find across clinics, by ids and instants alone; and what knows no clinic.
_ACROSS = {
    "due_work": {
        "clinic_id": "uuid",
        "kind": "text",
        "subject_id": "uuid",
        "due_at": "timestamptz",
        "urgency": "int2",
        "fence": "int8",
    },
    "audit_entries": {
        "clinic_id": "uuid",
        "entry_id": "uuid",
        "at": "timestamptz",
        "actor_kind": "text",
        "actor_id": "uuid",
        "action": "text",
        "patient_id": "uuid",
        "subject_id": "uuid",
        "detail_hash": "bytea",
        "number": "int8",
        "chain": "bytea",
    },
}
_NO_TENANT = {
    "clinic_directory": {"handle": "text", "clinic_id": "uuid"},
    "migrations": {"name": "text", "sha256": "text", "applied_at": "timestamptz"},
    # Which process lives and what it has counted, and when none of the workers did.
    "workers": {
        "worker_id": "uuid",
        "kind": "text",
        "started_at": "timestamptz",
        "beat_at": "timestamptz",
        "looked_at": "timestamptz",
        "claimed_at": "timestamptz",
    },
    "outages": {
        "outage_id": "uuid",
        "why": "text",
        "since": "timestamptz",
        "noticed_at": "timestamptz",
        "told_at": "timestamptz",
        "well_at": "timestamptz",
        "ended_at": "timestamptz",
    },
    "process_counts": {
        "process_id": "uuid",
        "metric": "text",
        "labels": "_text",
        "value": "float8",
        "counted_at": "timestamptz",
    },
}
_ROLES = ("aftercare_service", "aftercare_worker", "aftercare_backup")
_MINE = "(clinic_id = (NULLIF(current_setting('aftercare.clinic'::text, true), ''::text))::uuid)"
# Migrations run on a connection of their own, as their owner, which ends with them.
_SETS_ITS_OWN_SESSION = {"migrate.py"}


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_every_tenant_table_starts_its_key_with_the_clinic_and_forces_row_security(
    db: asyncpg.Connection,
) -> None:
    tables = await db.fetch(
        """
        select c.relname, c.relrowsecurity and c.relforcerowsecurity as forced,
               (select a.attname from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
                where i.indrelid = c.oid and i.indisprimary) as first_key,
               pg_get_userbyid(c.relowner) as owner
        from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
        """
    )
    tenant = [table for table in tables if table["relname"] not in _NO_TENANT]
    assert len(tenant) >= 25
    assert {t["relname"] for t in tenant if not t["forced"]} == set()
    assert {t["relname"] for t in tenant if t["first_key"] != "clinic_id"} == set()
    assert {t["owner"] for t in tables} == {"aftercare_owner"}
    assert {t["relname"] for t in tables} >= {*_NO_TENANT, *_ACROSS}


async def test_there_is_nothing_that_row_security_does_not_reach(db: asyncpg.Connection) -> None:
    others = await db.fetch(
        "select relname, relkind::text from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind not in ('r', 'p', 'i', 'I', 'S')"
    )
    functions = await db.fetch(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef"
    )
    assert [tuple(one) for one in others] == []  # a view would read with its owner's rights
    assert [one["proname"] for one in functions] == []


async def test_every_foreign_key_between_tenant_tables_carries_the_clinic_and_has_an_index(
    db: asyncpg.Connection,
) -> None:
    keys = await db.fetch(
        """
        select k.conname, k.conrelid::regclass::text as table,
               (select array_agg(a.attname::text || '>' || b.attname order by u.place)
                from unnest(k.conkey, k.confkey) with ordinality u (num, there, place)
                join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num
                join pg_attribute b on b.attrelid = k.confrelid and b.attnum = u.there) as columns,
               exists (select from pg_index i where i.indrelid = k.conrelid and i.indisvalid
                       and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
                       and k.conkey @> (i.indkey::int2[])[0:cardinality(k.conkey) - 1]
                       -- Rows that a partial index leaves out must be rows without a reference.
                       and (i.indpred is null or exists (
                           select from unnest(k.conkey) num join pg_attribute a on a.attrelid = k.conrelid and a.attnum = num
                           where pg_get_expr(i.indpred, i.indrelid) = '(' || a.attname || ' IS NOT NULL)'))) as indexed
        from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace
        """
    )
    assert len(keys) >= 25
    assert [k["conname"] for k in keys if "clinic_id>clinic_id" not in k["columns"]] == []
    assert [(k["table"], k["columns"]) for k in keys if not k["indexed"]] == []


async def test_each_policy_is_the_clinics_own_but_for_the_listed_ones(db: asyncpg.Connection) -> None:
    rows = await db.fetch(
        "select tablename, policyname, roles::text[], cmd, qual, with_check from pg_policies"
    )
    wide = {
        (row["tablename"], row["policyname"])
        for row in rows
        if row["roles"] != ["aftercare_backup"]
        and not all(
            _MINE in (text or _MINE) and " OR " not in (text or "")
            for text in (row["qual"], row["with_check"])
        )
    }
    assert wide == {("due_work", "worker"), ("audit_entries", "worker_read")}
    assert {name for name, _ in wide} == set(_ACROSS)
    for row in rows:
        assert set(row["roles"]) <= set(_ROLES), row
        if "aftercare_backup" in row["roles"]:
            assert (row["roles"], row["cmd"]) == (["aftercare_backup"], "SELECT"), row
    served = {row["tablename"] for row in rows if "aftercare_service" in row["roles"]}
    assert len(served) >= 25


async def test_what_is_read_across_clinics_holds_ids_and_instants_only(db: asyncpg.Connection) -> None:
    for table, columns in (_ACROSS | _NO_TENANT).items():
        found = await db.fetch(
            "select attname, atttypid::regtype::oid::regtype::text, typname from pg_attribute join pg_type t on t.oid = atttypid"
            " where attrelid = $1::text::regclass and attnum > 0 and not attisdropped",
            table,
        )
        assert {row["attname"]: row["typname"] for row in found} == columns, table


async def test_the_roles_of_the_service_own_nothing_and_bypass_nothing(db: asyncpg.Connection) -> None:
    roles = await db.fetch(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit, rolcanlogin,"
        " (select count(*) from pg_shdepend d where d.refobjid = r.oid and d.deptype = 'o') as owned,"
        " (select count(*) from pg_auth_members m where m.member = r.oid) as member_of"
        " from pg_roles r where rolname = any ($1)",
        [*_ROLES],
    )
    assert len(roles) == len(_ROLES)
    for role in roles:
        name, *rights = role.values()
        assert not any(rights), (name, dict(role))


def _needed() -> dict[str, set[str]]:
    """What the statements do to each table: a right to change that none of them uses is one too many."""
    found: defaultdict[str, set[str]] = defaultdict(lambda: {"SELECT"})
    patterns = {
        "INSERT": r"insert into (\w+)",
        "DELETE": r"delete from (\w+)",
        "UPDATE": r"(?<!key )(?<!for )update (\w+)",
    }
    texts = [
        text for file in (sql_folder() / "queries").glob("*.sql") for text in queries(file.stem).values()
    ]
    migrations = "\n".join(file.read_text() for file in (sql_folder() / "migrations").glob("*.sql"))
    texts += re.findall(r"create function.*?\$\$(.*?)\$\$", migrations, re.DOTALL)
    for text in texts:
        for privilege, pattern in patterns.items():
            for table in re.findall(pattern, text, re.IGNORECASE):
                found[table].add(privilege)
        if re.search(r"do update|for (?:no key )?update", text):
            first = re.search(r"(?:insert into|from) (\w+)", text)
            assert first is not None
            found[first[1]].add("UPDATE")
    return found


async def test_the_roles_may_do_to_a_table_what_some_statement_does_and_nothing_else(
    db: asyncpg.Connection,
) -> None:
    granted = await db.fetch(
        "select grantee, table_name, privilege_type, is_grantable from information_schema.role_table_grants"
        " where table_schema = 'public' and grantee = any ($1)",
        [*_ROLES, "PUBLIC"],
    )
    needed = _needed()
    too_much = {
        (row["grantee"], row["table_name"], row["privilege_type"])
        for row in granted
        if row["is_grantable"] == "YES"
        or row["privilege_type"]
        not in ({"SELECT"} if row["grantee"] == "aftercare_backup" else needed[row["table_name"]])
        or row["grantee"] == "PUBLIC"
    }
    assert sorted(too_much) == []


async def test_the_service_may_only_insert_what_is_audited_and_the_worker_only_number_it(
    db: asyncpg.Connection,
) -> None:
    tables = await db.fetch(
        "select grantee, privilege_type from information_schema.role_table_grants"
        " where table_name = 'audit_entries' and grantee in ('aftercare_service', 'aftercare_worker')"
    )
    columns = await db.fetch(
        "select grantee, column_name from information_schema.column_privileges"
        " where table_name = 'audit_entries' and privilege_type = 'UPDATE' and grantee = any ($1)",
        [*_ROLES],
    )
    assert {tuple(row) for row in tables} == {
        (role, privilege)
        for role in ("aftercare_service", "aftercare_worker")
        for privilege in ("SELECT", "INSERT")
    }
    assert {tuple(row) for row in columns} == {("aftercare_worker", "number"), ("aftercare_worker", "chain")}


async def test_the_roles_make_nothing_in_the_schema(db: asyncpg.Connection) -> None:
    for role in _ROLES:
        assert not await db.fetchval("select has_schema_privilege($1, 'public', 'create')", role)
    assert not await db.fetchval("select has_schema_privilege('public', 'public', 'create')")


def _statements() -> Iterator[tuple[str, str]]:
    """Every piece of SQL, or of text that could be some, with its file's name."""
    for file in sorted(sql_folder().rglob("*.sql")):
        text = re.sub(r"--[^\n]*", "", file.read_text())
        yield from (
            (file.name, part.strip()) for part in re.split(r";|\$\$|\b(?:begin|then|loop|else)\b", text)
        )
    for file in sorted(Path(aftercare.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            yield from ((file.name, part.strip()) for part in _text(node).split(";"))


def _text(node: ast.AST) -> str:
    """What a literal says; ? for what is put into it later."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or "?" for part in parts)
    return ""


def test_nothing_sets_a_sessions_context() -> None:
    command = re.compile(
        r"(?:set\s+(?!local\b)(?:session\s+)?\w+(?:\.\w+)?\s*(?:=|to\b)|set\s+role\b|reset\s|discard\s)"
    )
    statements = list(_statements())
    assert len(statements) > 1000
    setting = {name for name, text in statements if command.match(text)}
    assert setting == _SETS_ITS_OWN_SESSION
    # Whole calls: the parts of a literal that something is put into are seen as well.
    calls = {text for _, text in statements if "set_config(" in text and text.count("(") == text.count(")")}
    assert len(calls) >= 2
    assert {text for text in calls if ", true)" not in text} == set()


def test_no_statement_stands_outside_the_queries() -> None:
    """Where it would miss the tests that each statement of a file passes; bulk writing makes its own by table."""
    statement = re.compile(r"(?:insert\s+into|update|delete\s+from|select\s.*\sfrom)\s+(\w+)", re.DOTALL)
    tables = set(_needed())
    outside = {
        name
        for name, text in _statements()
        if name.endswith(".py") and (found := statement.match(text)) is not None and found[1] in tables
    }
    assert len(tables) > 20
    assert outside == set()


async def test_a_row_for_another_clinic_is_refused(database_url: str) -> None:
    service = await asyncpg.connect(database_url, server_settings={"role": "aftercare_service"})
    await service.execute(
        "begin; select set_config('aftercare.clinic', '00000000-0000-4000-8000-000000000001', true)"
    )
    insert = "insert into clinics (clinic_id, name, time_zone, country, created_at) values ($1, 'x', 'UTC', 'GB', now())"
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(insert, "00000000-0000-4000-8000-000000000002")
    finally:
        await service.close()
