"""What the pages of the instructions show, as facts."""

from datetime import datetime

import msgspec

from aftercare.model.instructions import Instruction, Kind, SetHead, ShownWords, Told, Topic
from aftercare.model.views import Head, PatientView
from aftercare.model.words import Modality


class DayColumn(msgspec.Struct, frozen=True):
    """Days that all have the same instructions: a column of the matrix."""

    from_day: int
    to_day: int


class MatrixCell(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction over its columns, or with `text` empty the days on which the topic says nothing."""

    columns: int
    from_day: int
    to_day: int
    kind: Kind | None = None
    text: str = ""
    key: str = ""  # names the instruction within its version
    languages: tuple[str, ...] = ()
    differs: bool = False  # from the version that it was copied from


class MatrixRow(msgspec.Struct, frozen=True):
    """One topic over all days. Only `other` may have several."""

    topic: Topic
    cells: tuple[MatrixCell, ...]


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """All of one modality at a glance."""

    modality: Modality
    columns: tuple[DayColumn, ...]
    rows: tuple[MatrixRow, ...]


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version in the list, with who made it."""

    of: SetHead
    by: str | None = None
    at: datetime | None = None


class InstructionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/instructions` and `/instructions/{version}`: one version as a matrix, and the history of versions."""

    head: Head
    of: SetHead
    matrices: tuple[Matrix, ...]
    history: tuple[HistoryRow, ...]
    draft: int | None = None  # the version that is being written
    may_write: bool = False
    missing: tuple[str, ...] = ()  # why a draft cannot go out yet
    clinic_language: str = "en"


class InstructionsPreviewPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/instructions/{version}/preview?modality=&day=&language=`: a day as the patient reads it."""

    head: Head
    of: SetHead
    modality: Modality
    day: int
    days: tuple[int, ...]  # on which something changes
    language: str
    languages: tuple[str, ...]
    items: tuple[Told, ...]


class ChangedInstruction(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a difference; `before` is `None` where it is new, `after` where it is gone."""

    before: Instruction | None = None
    after: Instruction | None = None


class InstructionsPublishPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/instructions/{version}/publish`: what patients will read otherwise, asked once more."""

    head: Head
    of: SetHead
    in_use: int
    changes: tuple[ChangedInstruction, ...]
    missing: tuple[str, ...] = ()
    note: str = ""
    problem: str | None = None
    clinic_language: str = "en"


class PatientInstructionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/instructions`: what a patient was shown, the newest day first."""

    head: Head
    patient: PatientView
    days: tuple[ShownWords, ...]
    more: str | None = None
