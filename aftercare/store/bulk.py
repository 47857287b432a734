"""Many rows at once, as the service role and under row-level security.

PostgreSQL refuses COPY into a table whose policies bind the writer, and forced policies bind everyone. So rows are copied
into a table of the transaction's own and inserted from there: every one of them passes the policy's check.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aftercare.db.pool import Connection
from aftercare.model.alerts import Alert

Rows = Mapping[str, Sequence[tuple[Any, ...]]]

# In the order in which foreign keys allow them. Every row begins with its clinic; JSON comes as text.
COLUMNS: dict[str, tuple[str, ...]] = {
    "patients": (
        "clinic_id", "patient_id", "name", "reference", "birth_date", "phone", "email", "language", "country",
        "time_zone", "fitzpatrick", "hsv_history", "diabetes", "immunosuppressed", "keloid_history", "blood_thinner",
        "baseline", "allergies", "medicines", "prophylaxis", "version", "created_at",
    ),
    "patient_words": ("clinic_id", "word", "patient_id"),
    "patient_zones": ("clinic_id", "patient_id", "since", "time_zone"),
    "courses": (
        "clinic_id", "course_id", "patient_id", "modality", "planned_sessions", "min_days_apart", "created_at",
        "max_days_apart", "maintenance_from_months", "maintenance_to_months", "ended_at", "ended_by", "ended_because",
        "ended_note", "created_by",
    ),
    "screenings": (
        "clinic_id", "screening_id", "patient_id", "course_id", "scope", "modality", "answers", "outcome", "reasons",
        "signed_by", "signed_at", "questionnaire", "advice",
    ),
    "sessions": (
        "clinic_id", "session_id", "patient_id", "course_id", "modality", "session_at", "areas", "needle_depth_mm",
        "fluence_j_cm2", "pulse_ms", "pigment_treated", "anaesthetic", "override_reason", "performed_by", "created_at",
    ),
    "consumables": (
        "clinic_id", "session_id", "position", "device", "lot", "expires_on", "sterile", "single_use",
    ),
    "episodes": (
        "clinic_id", "episode_id", "patient_id", "session_id", "with_day_90", "opened_at", "calendar_ends_at",
    ),
    "consents": (
        "clinic_id", "patient_id", "kind", "given_at", "granted", "text_version", "language", "text", "received_at",
    ),
    "check_ins": (
        "clinic_id", "patient_id", "check_in_id", "instrument", "recorded_at", "received_at", "judged_at", "said_day",
        "time_zone", "answered_by", "staff_id", "supersedes", "unscheduled", "answers", "set_aside", "digest",
        "answer",
    ),
    "alerts": ("clinic_id", "patient_id", *Alert.__struct_fields__),
    "findings": (
        "clinic_id", "finding_id", "alert_id", "check_in_id", "at", "fate", "fate_reason", "finding",
    ),
    "follow_ups": (
        "clinic_id", "patient_id", "follow_up_id", "alert_id", "at", "kind", "staff_id", "text", "outcome", "until",
    ),
    "call_list": (
        "clinic_id", "episode_id", "day", "patient_id", "missed", "reason", "added_at", "done_at",
    ),
    "deliveries": (
        "clinic_id", "what", "delivery_id", "channel", "kind", "tier", "staff_id", "patient_id", "alert_id", "day",
        "state", "attempts", "queued_at", "sent_at", "ended_at", "dropped_why",
    ),
    "delivery_attempts": ("clinic_id", "delivery_id", "attempt", "at", "result", "answer"),
    "due_work": ("clinic_id", "kind", "subject_id", "due_at", "urgency", "fence"),
    "audit_entries": (
        "clinic_id", "entry_id", "at", "actor_kind", "actor_id", "action", "patient_id", "subject_id", "detail_hash",
    ),
}  # fmt: skip
# One mail a day tells of several patients: whichever of them is written first brings it, the earliest says since when.
_SHARED = {
    "deliveries": "on conflict (clinic_id, what, channel, staff_id, patient_id, webhook_id, address_id)"
    " do update set queued_at = least(deliveries.queued_at, excluded.queued_at)",
    "delivery_attempts": "on conflict do nothing",
    "due_work": "on conflict do nothing",
}


async def write(db: Connection, rows: Rows) -> None:
    """Write rows by table, in the caller's transaction and for the clinic that is set in it."""
    for table, columns in COLUMNS.items():
        if rows.get(table):
            await _write(db, table, columns, rows[table])


async def _write(
    db: Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    types = await db.fetch(
        "select attname, format_type(atttypid, atttypmod) as type from pg_attribute"
        " where attrelid = $1::text::regclass and attname = any ($2::text[])",
        table,
        list(columns),
    )
    type_of = {row["attname"]: row["type"] for row in types}
    # The driver copies JSON only as text.
    made = ", ".join(f"{name} {'text' if type_of[name] == 'json' else type_of[name]}" for name in columns)
    taken = ", ".join(f"{name}::json" if type_of[name] == "json" else name for name in columns)
    await db.execute(f"create temporary table copied_{table} ({made}) on commit drop")
    await db.copy_records_to_table(f"copied_{table}", schema_name="pg_temp", records=rows, columns=columns)
    await db.execute(
        f"insert into {table} ({', '.join(columns)}) select {taken} from pg_temp.copied_{table}"
        f" {_SHARED.get(table, '')}"
    )
