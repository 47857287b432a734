"""The pages about the clinic's rules: read by all staff, written and released by practitioners."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter

from aftercare.errors import Conflict, Malformed, NotFound, Outdated
from aftercare.model.rule_packs import Fault, PresetName
from aftercare.model.rule_pages import RuleAct
from aftercare.model.text import END
from aftercare.services import dashboard_rules, rule_packs
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, read_own_form, read_typed
from aftercare.web.rule_forms import read_draft
from aftercare.web.typed import whole
from aftercare.web.visits import StaffRequest, go_to, html, practitioner_page, reader_of, staff_page

Number = Annotated[int, PathParameter(ge=1, le=1_000_000)]
_FIELDS = 300  # a row each, a number each, a band each
_LOOK = "Something needs another look: it is said at its field. Nothing was saved yet."
_CLASH = "A colleague changed this draft while you were writing. Nothing of yours was saved; save again to put yours over theirs."


Count = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,6}" + END)]


class ActForm(Form, frozen=True, kw_only=True):
    """What a pack is to do next, as its page was read."""

    version: Count = "0"


class NewDraftForm(Form, frozen=True, kw_only=True):
    """Which pack a new draft begins with; 0 is the shipped one. A preset goes before a number."""

    number: Count = "0"
    preset: PresetName | None = None


class RulesPageController(Controller):
    """The clinic's rules."""

    path = "/rules"

    @get("/", guards=[staff_page])
    async def in_use(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """The pack that judges."""
        return html(await dashboard_rules.rules(house.database, reader_of(request), None, now=house.now()))

    @get("/{number:str}", guards=[staff_page])
    async def one(
        self, request: StaffRequest, house: NamedDependency[House], number: Number
    ) -> Response[str]:
        """Any pack."""
        return html(await dashboard_rules.rules(house.database, reader_of(request), number, now=house.now()))

    @post("/drafts", guards=[practitioner_page])
    async def draft(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """A new draft that begins with the changes of another pack."""
        form = await read_own_form(request, NewDraftForm)
        made = await rule_packs.draft_from(
            house.database, request.user, form.preset or int(form.number), now=house.now()
        )
        return go_to(f"/rules/{made.number}/edit")

    @get("/{number:str}/edit", guards=[practitioner_page])
    async def edit(
        self, request: StaffRequest, house: NamedDependency[House], number: Number
    ) -> Response[str]:
        """A draft to be edited."""
        return html(await dashboard_rules.edit(house.database, reader_of(request), number, now=house.now()))

    @post("/{number:str}/edit", guards=[practitioner_page])
    async def save(
        self, request: StaffRequest, house: NamedDependency[House], number: Number
    ) -> Response[Any]:
        """Save it; what is wrong is said at its field, and nothing that was typed is lost."""
        typed = await read_typed(request, fields=_FIELDS)
        try:
            await _save(house, request, number, typed)
        except (_NotValid, Outdated) as error:
            page = await dashboard_rules.edit(
                house.database,
                reader_of(request),
                number,
                now=house.now(),
                typed=typed,
                faults=error.faults if isinstance(error, _NotValid) else (),
                problem=_CLASH if isinstance(error, Outdated) else _LOOK,
            )
            return html(page, status=error.status)
        return go_to(notices.after(f"/rules/{number}", "rules_saved"))

    @get("/{number:str}/{act:str}", guards=[practitioner_page])
    async def ask(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        number: Number,
        act: FromPath[RuleAct],
    ) -> Response[str]:
        """The question, with what it would change."""
        page = await dashboard_rules.ask(house.database, reader_of(request), number, act, now=house.now())
        return html(page)

    @post("/{number:str}/{act:str}", guards=[practitioner_page])
    async def do(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        number: Number,
        act: FromPath[RuleAct],
    ) -> Response[Any]:
        """Do it as it was asked; what was refused is said where it was asked."""
        form = await read_own_form(request, ActForm)
        try:
            shown = await _do(house, request, number, act, int(form.version))
        except NotFound:
            raise
        except (Conflict, Outdated, Malformed) as error:
            page = await dashboard_rules.ask(
                house.database, reader_of(request), number, act, now=house.now(), refused=error
            )
            return html(page, status=error.status)
        return go_to(notices.after(f"/rules/{shown}", f"rules_{act}"))


class _NotValid(Malformed):
    """What was typed is no pack that may be used."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__()
        self.faults = faults


async def _save(house: House, request: StaffRequest, number: int, typed: dict[str, str]) -> None:
    """Save what was typed. Raises _NotValid, Outdated, Conflict, NotFound."""
    draft, faults = read_draft(typed)
    if faults:
        raise _NotValid(faults)
    version = whole(typed.get("version", ""), 0)  # 0 is no version
    await rule_packs.edit_pack(house.database, request.user, number, draft, version=version, now=house.now())


async def _do(house: House, request: StaffRequest, number: int, act: RuleAct, version: int) -> int:
    """Do it; the number of the pack that it came to."""
    if act == "restore":
        return (await rule_packs.restore(house.database, request.user, number, now=house.now())).number
    acts = {
        "release": rule_packs.release,
        "shadow": rule_packs.put_in_shadow,
        "retire": rule_packs.retire,
    }
    made = await acts[act](house.database, request.user, number, version=version, now=house.now())
    return made.number
