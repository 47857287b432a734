"""Eye: sight, pain in the eye, an eye swollen shut, swollen lids beside a swollen face.

Laser light can injure the eye within hours; herpes of the cornea and infection of the orbit show as pain, a shut eye and
fever. Lids swell after needling near the eye, so lids alone raise nothing here, and beside moderate swelling only the
same day. Sources: clinical.md 2, numbers 2, 3 and 19; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import fever_items, found, listed, since
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("eye",)


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the eye rows."""
    eye = moment.eye
    if "vision" in eye:
        yield found(
            moment,
            "eye.vision",
            f"Sight disturbed, {since(moment, 'eye')}",
            items=("eye",),
            signs=("eye.vision",),
        )
    if "pain" in eye:
        row = "eye.pain_early" if moment.early else "eye.pain"
        reason = f"Pain in the eye {moment.at.hours:.0f} hours after the session"
        yield found(moment, row, reason, items=("eye",), signs=("eye.pain",))
    if "shut" in eye:
        yield _shut(moment)
    if "lid_swelling" in eye and moment.at_least("swelling", moment.pack.swelling.beside_eye):
        yield found(
            moment,
            "eye.lids_with_swelling",
            f"Swollen eyelids with moderate or worse swelling on day {moment.day}",
            items=("eye", "swelling"),
            signs=("eye.lid_swelling",),
        )


def _shut(moment: Moment) -> Finding:
    beside = {
        "eye pain": "pain" in moment.eye,
        "pain": moment.at_least("pain", moment.pack.pain.some),
        "fever": moment.fever,
    }
    ill = [word for word, there in beside.items() if there]
    late = moment.day >= moment.pack.signs.eye_shut_from_day
    reason = f"Eye swollen shut on day {moment.day}" + (f", with {listed(ill)}" if ill else "")
    items = ("eye", *(("pain",) if beside["pain"] else ()), *fever_items(moment))
    return found(
        moment,
        "eye.shut_late_or_ill" if ill or late else "eye.shut",
        reason,
        items=items,
        signs=("eye.shut",),
    )
