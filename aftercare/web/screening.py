"""The pages of a screening: the questions, the advice, the signature, and what was signed."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.care.candidacy import NOT_KNOWN
from aftercare.care.questionnaire import CURRENT_VERSION, asked, load
from aftercare.errors import Malformed, NotFound, Outdated
from aftercare.model.pages import Typed
from aftercare.model.screenings import (
    Questionnaire,
    ScreeningItem,
    ScreeningQuestion,
    SessionScreening,
)
from aftercare.model.words import Modality
from aftercare.services import dashboard_screening, screenings
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import read_typed
from aftercare.web.typed import build, refused, whole
from aftercare.web.visits import StaffRequest, care_page, go_to, html, practitioner_page, reader_of

_YES_NO: Final = {"yes": True, "no": False}
_INCOMPLETE = "This form is not complete. Open it again."
_CLASH = (
    "A colleague changed these answers while you were writing; nothing of yours was saved. Save again to keep what stands "
    "here, or reload to begin from theirs."
)
_CHANGED = "A colleague changed the answers meanwhile. This is what they come to now: decide again."
_LOOK = "Not signed yet: something needs another look."


class ScreeningPageController(Controller):
    """Candidacy: asked, advised, decided."""

    path = "/patients/{patient_id:str}"

    @get("/screening", guards=[care_page])
    async def begin(
        self, request: StaffRequest, house: NamedDependency[House], patient_id: FromPath[UUID]
    ) -> Response[str]:
        """On to the treatment that is most likely meant."""
        modality = await dashboard_screening.usual_modality(house.database, reader_of(request), patient_id)
        return go_to(f"/patients/{patient_id}/screening/{modality}")

    @get("/screening/{modality:str}", guards=[care_page])
    async def ask(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        modality: FromPath[Modality],
    ) -> Response[str]:
        """The questions."""
        page = await dashboard_screening.form(
            house.database, reader_of(request), patient_id, modality, now=house.now()
        )
        return html(page)

    @post("/screening/{modality:str}", guards=[care_page])
    async def prepare(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        modality: FromPath[Modality],
    ) -> Response[str]:
        """Kept, and on to what the answers come to; after a clash the form again, with everything typed."""
        typed = await read_typed(request)
        version = whole(typed.pop("version", ""), 0)
        question = ScreeningQuestion(
            modality=modality, questionnaire=CURRENT_VERSION, answers=answers_of(load(), typed)
        )
        try:
            await screenings.prepare(
                house.database, request.user, patient_id, question, version=version, now=house.now()
            )
        except Outdated as error:
            form = Typed(values=typed, problems={"": _CLASH})
            page = await dashboard_screening.form(
                house.database, reader_of(request), patient_id, modality, typed=form, now=house.now()
            )
            return html(page, status=error.status)
        return go_to(f"/patients/{patient_id}/screening/{modality}/advice")

    @get("/screening/{modality:str}/advice", guards=[care_page])
    async def advise(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        modality: FromPath[Modality],
    ) -> Response[str]:
        """What the answers come to."""
        page = await dashboard_screening.advice(
            house.database, reader_of(request), patient_id, modality, now=house.now()
        )
        return html(page)

    @post("/screening/{modality:str}/advice", guards=[practitioner_page])
    async def sign(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        modality: FromPath[Modality],
    ) -> Response[str]:
        """Signed, and back to the patient; or the advice again, with what was typed and why not."""
        typed = await read_typed(request)
        screening_id, decided, problems = decision(typed)
        status = 422
        if decided is not None:
            try:
                await dashboard_screening.sign(
                    house.database, request.user, patient_id, modality, decided,
                    screening_id=screening_id, version=whole(typed.get("version", ""), 0), now=house.now(),
                )  # fmt: skip
                return go_to(notices.after(f"/patients/{patient_id}", "screened"))
            except Malformed as error:
                problems, status = {**refused(error), "": _LOOK}, error.status
            except Outdated as error:
                problems, status = {"": _CHANGED}, error.status
        form = Typed(values=typed, problems={"": _LOOK, **problems})
        page = await dashboard_screening.advice(
            house.database, reader_of(request), patient_id, modality, typed=form, now=house.now()
        )
        return html(page, status=status)

    @get("/screenings/{screening_id:str}", guards=[care_page])
    async def read(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        patient_id: FromPath[UUID],
        screening_id: FromPath[UUID],
    ) -> Response[str]:
        """As it was signed."""
        page = await dashboard_screening.record(
            house.database, reader_of(request), patient_id, screening_id, now=house.now()
        )
        return html(page)


def answers_of(questionnaire: Questionnaire, typed: dict[str, str]) -> dict[str, Any]:
    """The answers that a form holds; what was left open is not among them."""
    answers: dict[str, Any] = {}
    for item in asked(questionnaire, "course"):
        said = typed.get(f"answers/{item.key}", "")
        if said:
            answers[item.key] = _answer(item, said)
    return answers


def _answer(item: ScreeningItem, said: str) -> Any:
    if item.kind == "yes_no":
        return _YES_NO.get(said, NOT_KNOWN)
    if item.kind == "many":
        # "none of these" beside one that was ticked: what was ticked counts.
        return [part for part in said.splitlines() if part in item.values]
    return said


def decision(typed: dict[str, str]) -> tuple[UUID, SessionScreening | None, dict[str, str]]:
    """Id, decision and what is wrong by field. Raises NotFound for a form that is not ours."""
    try:
        screening_id = UUID(typed.get("screening_id", ""))
    except ValueError:
        raise NotFound(_INCOMPLETE) from None
    said: dict[str, Any] = {name: typed[name] for name in ("outcome",) if name in typed}
    said["reasons"] = tuple(line.strip() for line in typed.get("reasons", "").splitlines() if line.strip())
    made, problems = build(SessionScreening, said)
    return screening_id, made, problems
