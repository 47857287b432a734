"""The pages of the instructions of the day."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter, QueryParameter

from aftercare.errors import Malformed, NotFound, Outdated
from aftercare.model.instructions import InstructionsDraft, NewDraft
from aftercare.model.pages import Typed
from aftercare.model.words import Modality
from aftercare.services import dashboard_instructions, instructions
from aftercare.services.dashboard_instructions import keyed
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, read_own_form, read_typed
from aftercare.web.instruction_forms import as_typed, at_fields, read_instruction, with_one, without
from aftercare.web.typed import whole
from aftercare.web.visits import (
    StaffRequest,
    care_page,
    go_to,
    html,
    practitioner_page,
    reader_of,
    staff_page,
)

Version = Annotated[int, PathParameter(ge=0, le=1_000_000)]
Key = Annotated[str, PathParameter(max_length=80)]
Day = Annotated[int, QueryParameter(ge=0, le=90)]
Tag = Annotated[str, QueryParameter(max_length=35, pattern=r"^[A-Za-z0-9-]*$")]
_LOOK = "Something needs another look: it is said at its field. Nothing was saved yet."
_CLASH = (
    "A colleague changed this draft while you were writing; nothing of yours was saved. "
    "Save again to put yours into the newer draft, or open the draft to see theirs."
)


class InstructionsPageController(Controller):
    """One version as a matrix, its drafts and what becomes of them."""

    path = "/instructions"

    @get("/", guards=[staff_page])
    async def in_use(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """The version that patients get."""
        page = await dashboard_instructions.overview(
            house.database, reader_of(request), None, now=house.now()
        )
        return html(page)

    @get("/{version:str}", guards=[staff_page])
    async def version(
        self, request: StaffRequest, house: NamedDependency[House], version: Version
    ) -> Response[str]:
        """Any version."""
        page = await dashboard_instructions.overview(
            house.database, reader_of(request), version, now=house.now()
        )
        return html(page)

    @post("/{version:str}/draft", guards=[practitioner_page])
    async def draft(
        self, request: StaffRequest, house: NamedDependency[House], version: Version
    ) -> Response[Any]:
        """A draft that begins as a copy of this version."""
        await read_own_form(request, Form)
        new = NewDraft(copy_of=version)
        made = await instructions.create_draft(house.database, request.user, new, now=house.now())
        return go_to(notices.after(f"/instructions/{made.version}", "drafted"))

    @get("/{version:str}/preview", guards=[staff_page])
    async def preview(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        version: Version,
        modality: Annotated[Modality, QueryParameter()] = Modality.MICRONEEDLING,
        day: Day = 0,
        language: Tag = "en",
    ) -> Response[str]:
        """A day as a patient of that language reads it."""
        page = await dashboard_instructions.preview(
            house.database, reader_of(request), version, modality, day, language or "en", now=house.now()
        )
        return html(page)

    @get("/{version:str}/publish", guards=[practitioner_page])
    async def ask(
        self, request: StaffRequest, house: NamedDependency[House], version: Version
    ) -> Response[str]:
        """What patients will read otherwise."""
        page = await dashboard_instructions.publish_page(
            house.database, reader_of(request), version, now=house.now()
        )
        return html(page)

    @post("/{version:str}/publish", guards=[practitioner_page])
    async def publish(
        self, request: StaffRequest, house: NamedDependency[House], version: Version
    ) -> Response[Any]:
        """Patients get it from now on; or the question again, with why not."""
        typed = await read_typed(request)
        database, actor, now = house.database, request.user, house.now()
        revision, note = _revision(typed), typed.get("note", "")
        try:
            found = await instructions.get_set(database, actor, version, now=now)
            draft = InstructionsDraft(instructions=found.instructions, note=note[:600])
            edited = await instructions.update_draft(
                database, actor, version, draft, revision=revision, now=now
            )
            await instructions.end_draft(
                database, actor, version, "published", revision=edited.revision, now=now
            )
        except (Outdated, instructions.NotWhollyUsableError) as error:
            page = await dashboard_instructions.publish_page(
                database, reader_of(request), version, note=note, problem=error.detail, now=now
            )
            return html(page, status=error.status)
        return go_to(notices.after("/instructions", "told"))

    @post("/{version:str}/discard", guards=[practitioner_page])
    async def discard(
        self, request: StaffRequest, house: NamedDependency[House], version: Version
    ) -> Response[Any]:
        """The draft is not gone on with; it stays in the history."""
        typed = await read_typed(request)
        await instructions.end_draft(
            house.database, request.user, version, "discarded", revision=_revision(typed), now=house.now()
        )
        return go_to(notices.after("/instructions", "undrafted"))


class InstructionFormController(Controller):
    """One instruction of a draft."""

    path = "/instructions/{version:str}/edit/{key:str}"

    @get("/", guards=[practitioner_page])
    async def edit(
        self, request: StaffRequest, house: NamedDependency[House], version: Version, key: Key
    ) -> Response[str]:
        """As it stands in the draft, or empty where the key is `new`."""
        found = await instructions.get_set(house.database, request.user, version, now=house.now())
        one = keyed(found.instructions).get(key)
        if one is None and key != "new":
            raise NotFound
        modality = request.query_params.get("modality", Modality.MICRONEEDLING)
        usual = {"modality": str(modality), "kind": "do", "topic": "other"}
        form = Typed(values=as_typed(one) if one else usual)
        page = await dashboard_instructions.form_page(
            house.database, reader_of(request), version, key, form=form, now=house.now()
        )
        return html(page)

    @post("/", guards=[practitioner_page])
    async def save(
        self, request: StaffRequest, house: NamedDependency[House], version: Version, key: Key
    ) -> Response[Any]:
        """Into the draft; or the form again, with everything typed and what is wrong at each field."""
        typed = await read_typed(request)
        problems, status = await _save(house, request, version, key, typed)
        if not problems:
            return go_to(notices.after(f"/instructions/{version}", "instructed"))
        form = Typed(values=typed, problems={"": _LOOK, **problems})
        page = await dashboard_instructions.form_page(
            house.database, reader_of(request), version, key, form=form, now=house.now()
        )
        return html(page, status=status)

    @post("/remove", guards=[practitioner_page])
    async def remove(
        self, request: StaffRequest, house: NamedDependency[House], version: Version, key: Key
    ) -> Response[Any]:
        """Out of the draft."""
        revision = _revision(await read_typed(request))
        found = await instructions.get_set(house.database, request.user, version, now=house.now())
        gone = keyed(found.instructions).get(key)
        if gone is None:
            raise NotFound
        draft = InstructionsDraft(instructions=without(found.instructions, gone), note=found.note)
        await instructions.update_draft(
            house.database, request.user, version, draft, revision=revision, now=house.now()
        )
        return go_to(notices.after(f"/instructions/{version}", "uninstructed"))


async def _save(
    house: House, request: StaffRequest, version: int, key: str, typed: dict[str, str]
) -> tuple[dict[str, str], int]:
    """What is wrong by field, and the status of the answer; nothing where it was saved."""
    found = await instructions.get_set(house.database, request.user, version, now=house.now())
    before = keyed(found.instructions).get(key)
    one, problems = read_instruction(typed, before)
    if one is None:
        return problems, 422
    whole, place = with_one(found.instructions, before, one)
    draft = InstructionsDraft(instructions=whole, note=found.note)
    try:
        await instructions.update_draft(
            house.database, request.user, version, draft, revision=_revision(typed), now=house.now()
        )
    except Outdated as error:
        return {"": _CLASH}, error.status
    except instructions.NotWhollyUsableError as error:
        return at_fields(error.pointers, place, one), error.status
    return {}, 200


class ShownPageController(Controller):
    """What a patient was shown."""

    @get("/patients/{patient_id:str}/instructions", guards=[care_page])
    async def shown(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        before: Annotated[date | None, QueryParameter(required=False)] = None,
        beside: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
    ) -> Response[str]:
        """The newest day first."""
        place = (before, beside) if before is not None else None
        page = await dashboard_instructions.shown(
            house.database, reader_of(request), patient_id, before=place, now=house.now()
        )
        return html(page)


def _revision(typed: dict[str, str]) -> int:
    revision = whole(typed.pop("revision", ""), -1)
    if revision < 0:
        raise Malformed("This form is not complete. Open it again.")
    return revision
