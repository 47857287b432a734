"""The clinic's rule packs: read by all staff, written and released by practitioners."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.pages import Cursor, Page, page_of, read_cursor
from aftercare.api.who import practitioner_only, staff_only
from aftercare.model.people import Actor
from aftercare.model.rule_packs import Difference, RulePackDraft, RulePackRecord
from aftercare.services import rule_packs
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
Number = Annotated[int, PathParameter(ge=1, le=1_000_000)]
Against = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        schema_extra={"minimum": 0},  # the framework takes a bound of 0 for none
        le=1_000_000,
        required=False,
        description="Number to compare with; 0 is the shipped pack, none the live.",
    ),
]
MayMatch = Annotated[str | None, HeaderParameter(name="If-Match", max_length=40, required=False)]


class RulePackController(Controller):
    """What raises alerts here: shipped numbers, and what the clinic changes of them."""

    path = "/v1/rule-packs"
    tags = ("rule packs",)

    @get("/", guards=[staff_only], summary="List rule packs")
    async def list_packs(
        self, request: StaffRequest, house: NamedDependency[House], cursor: Cursor = None
    ) -> Page[RulePackRecord]:
        """The newest first."""
        found = await rule_packs.list_packs(house.database, request.user, before=read_cursor(cursor))
        return page_of(found, rule_packs.PAGE, lambda one: (one.created_at, one.pack_id))

    @post("/", guards=[practitioner_only], summary="Draft a rule pack")
    async def draft(
        self, request: StaffRequest, house: NamedDependency[House], data: JSONBody[RulePackDraft]
    ) -> Response[RulePackRecord]:
        """A new draft: only what differs from the shipped pack, in its shape. Everything that is wrong is said at once."""
        return with_etag(await rule_packs.draft_pack(house.database, request.user, data, now=house.now()))

    @get("/{number:str}", guards=[staff_only], summary="One rule pack")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], number: Number
    ) -> Response[rule_packs.RulePackDetail]:
        """Everything it holds, how it differs from the live one, and what it was muted in the last weeks."""
        return with_etag(await rule_packs.get_pack(house.database, request.user, number, now=house.now()))

    @put("/{number:str}", guards=[practitioner_only], summary="Edit a draft")
    async def edit(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        number: Number,
        data: JSONBody[RulePackDraft],
        if_match: IfMatch,
    ) -> Response[RulePackRecord]:
        """Write a draft over the version that If-Match names."""
        made = await rule_packs.edit_pack(
            house.database, request.user, number, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)

    @get("/{number:str}/difference", guards=[staff_only], summary="How two rule packs differ")
    async def differ(
        self, request: StaffRequest, house: NamedDependency[House], number: Number, against: Against = None
    ) -> list[Difference]:
        """Each value that this pack holds otherwise than another."""
        return list(await rule_packs.get_difference(house.database, request.user, number, against))

    @post(
        "/{number:str}/shadow", guards=[practitioner_only], status_code=200, summary="Put a draft in shadow"
    )
    async def shadow(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        number: Number,
        if_match: MayMatch = None,
    ) -> Response[RulePackRecord]:
        """It judges what arrives, and is counted; the one in shadow before is retired."""
        made = await rule_packs.put_in_shadow(
            house.database, request.user, number, version=_optional(if_match), now=house.now()
        )
        return with_etag(made)

    @post("/{number:str}/release", guards=[practitioner_only], status_code=200, summary="Release a rule pack")
    async def release(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        number: Number,
        if_match: MayMatch = None,
    ) -> Response[RulePackRecord]:
        """From the next check-in on its rows alert, in the name of who asks; the live one before is retired."""
        made = await rule_packs.release(
            house.database, request.user, number, version=_optional(if_match), now=house.now()
        )
        return with_etag(made)

    @post("/{number:str}/retire", guards=[practitioner_only], status_code=200, summary="Retire a rule pack")
    async def retire(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        number: Number,
        if_match: MayMatch = None,
    ) -> Response[RulePackRecord]:
        """A draft, or the one in shadow beside a live one, is used no more."""
        made = await rule_packs.retire(
            house.database, request.user, number, version=_optional(if_match), now=house.now()
        )
        return with_etag(made)

    @post("/{number:str}/restore", guards=[practitioner_only], summary="Roll back to a rule pack")
    async def restore(
        self, request: StaffRequest, house: NamedDependency[House], number: Number
    ) -> Response[RulePackRecord]:
        """What a retired pack changed is live again, under a new number."""
        return with_etag(await rule_packs.restore(house.database, request.user, number, now=house.now()))


def _optional(if_match: str | None) -> int | None:
    return None if if_match is None else version_of(if_match)
