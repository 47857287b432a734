"""The catalog: every tenant table is forced behind its clinic, and the roles own nothing."""

import asyncpg

# What the worker must find across clinics, by ids and instants alone; and what knows no clinic.
_ACROSS = {"due_work", "audit_entries"}
_NO_TENANT = {"clinic_directory", "migrations"}


async def test_every_tenant_table_starts_its_key_with_the_clinic_and_forces_row_security(
    database_url: str,
) -> None:
    db = await asyncpg.connect(database_url)
    tables = await db.fetch(
        """
        select c.relname, c.relrowsecurity and c.relforcerowsecurity as forced,
               (select a.attname from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
                where i.indrelid = c.oid and i.indisprimary) as first_key,
               pg_get_userbyid(c.relowner) as owner
        from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
        """
    )
    await db.close()
    tenant = [table for table in tables if table["relname"] not in _NO_TENANT]
    assert len(tenant) >= 25
    assert {t["relname"] for t in tenant if not t["forced"]} == set()
    assert {t["relname"] for t in tenant if t["first_key"] != "clinic_id"} == set()
    assert {t["owner"] for t in tables} == {"aftercare_owner"}


async def test_every_foreign_key_between_tenant_tables_carries_the_clinic_and_has_an_index(
    database_url: str,
) -> None:
    db = await asyncpg.connect(database_url)
    keys = await db.fetch(
        """
        select k.conname, k.conrelid::regclass::text as table,
               (select array_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality u (num, place)
                join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num) as columns,
               exists (select from pg_index i where i.indrelid = k.conrelid
                       and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
                       and k.conkey @> (i.indkey::int2[])[0:cardinality(k.conkey) - 1]) as indexed
        from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace
        """
    )
    await db.close()
    assert len(keys) >= 25
    assert [k["conname"] for k in keys if "clinic_id" not in k["columns"]] == []
    assert [(k["table"], k["columns"]) for k in keys if not k["indexed"]] == []


async def test_policies_across_clinics_are_the_listed_ones(database_url: str) -> None:
    db = await asyncpg.connect(database_url)
    rows = await db.fetch(
        "select tablename from pg_policies where 'aftercare_worker' = any (roles) and qual not like '%aftercare.clinic%'"
        " union select tablename from pg_policies where 'aftercare_worker' = any (roles) and qual like '% OR %'"
    )
    service = await db.fetchval(
        "select count(*) from pg_policies where 'aftercare_service' = any (roles)"
        " and coalesce(qual, with_check) not like '%(clinic_id = (NULLIF(current_setting(%aftercare.clinic%'"
    )
    await db.close()
    assert {row["tablename"] for row in rows} == _ACROSS
    assert service == 0


async def test_the_roles_of_the_service_own_nothing_and_bypass_nothing(database_url: str) -> None:
    db = await asyncpg.connect(database_url)
    roles = await db.fetch(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole,"
        " (select count(*) from pg_shdepend d where d.refobjid = r.oid and d.deptype = 'o') as owned"
        " from pg_roles r where rolname in ('aftercare_service', 'aftercare_worker', 'aftercare_backup')"
    )
    await db.close()
    assert len(roles) == 3
    assert not any(r["rolsuper"] or r["rolbypassrls"] or r["rolcreaterole"] or r["owned"] for r in roles)


async def test_without_a_clinic_there_are_no_rows(database_url: str) -> None:
    db = await asyncpg.connect(database_url, server_settings={"role": "aftercare_service"})
    tables = await db.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> all($1)",
        [*_NO_TENANT],
    )
    for table in tables:
        assert await db.fetchval(f"select count(*) from {table['relname']}") == 0
    await db.close()


async def test_a_row_for_another_clinic_is_refused(database_url: str) -> None:
    db = await asyncpg.connect(database_url, server_settings={"role": "aftercare_service"})
    await db.execute(
        "begin; select set_config('aftercare.clinic', '00000000-0000-4000-8000-000000000001', true)"
    )
    insert = "insert into clinics (clinic_id, name, time_zone, country, created_at) values ($1, 'x', 'UTC', 'GB', now())"
    try:
        await db.execute(insert, "00000000-0000-4000-8000-000000000002")
    except asyncpg.InsufficientPrivilegeError:
        refused = True
    else:
        refused = False
    await db.close()
    assert refused
