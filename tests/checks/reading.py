"""A second reading of the rules: row by row in the order of the page, numbers inline, nothing shared with the engine.

It is written from the rules alone, to be compared with the engine, so it is naive on purpose: no pack, no evidence, no
speed. Given a timeline it says which code each check-in raises, and at which tier.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import structs

from aftercare.care.instrument import load, read_answers
from aftercare.model.timeline import Timeline, TimelineCheckIn
from aftercare.model.words import Code, Modality, Tier

ROUTINE, SOON, SAME_DAY, EMERGENCY = Tier.ROUTINE, Tier.SOON, Tier.SAME_DAY, Tier.EMERGENCY
LASER = Modality.LASER_GENESIS

Raised = tuple[Code, Tier]

# Table 1.3, one column for each of days 0 to 7, then days 8-10, 11-14 and 15 on.
NEEDLING = {
    "redness": (3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0),
    "swelling": (2, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0),
    "pain": (2, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0),
    "warmth": (3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    "itching": (1, 1, 2, 2, 1, 1, 1, 1, 0, 0, 0),
    "dryness": (1, 2, 3, 3, 3, 2, 2, 1, 1, 0, 0),
    "bruising": (2, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0),
    "crusting": (1, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0),
}
# Table 1.3 for laser: days 0, 1, 2, 3, then days 4-7, and 8 on; the last two rows are the rules' own.
AFTER_LASER = {
    "redness": (2, 1, 1, 0, 0, 0),
    "swelling": (2, 1, 1, 0, 0, 0),
    "pain": (2, 1, 0, 0, 0, 0),
    "warmth": (2, 1, 0, 0, 0, 0),
    "itching": (1, 1, 1, 0, 0, 0),
    "dryness": (1, 1, 1, 1, 1, 0),
    "bruising": (0, 0, 0, 0, 0, 0),
    "crusting": (0, 0, 0, 0, 0, 0),
}
CALENDAR = {
    Modality.MICRONEEDLING: (0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 42, 90),
    Modality.LASER_GENESIS: (0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 90),
}
LEVEL_CODES = {
    "swelling": Code.SWELLING,
    "pain": Code.PAIN,
    "warmth": Code.INFECTION,
    "redness": Code.REDNESS,
    "itching": Code.DERMATITIS,
}


class Said(NamedTuple):
    """One check-in of a timeline, asked in the words of the page."""

    line: Timeline
    check_in: TimelineCheckIn

    @property
    def day(self) -> int:
        return self.check_in.day

    @property
    def hours(self) -> float:
        given = self.check_in.hours_after
        return 24.0 * self.day if given is None else given

    @property
    def laser(self) -> bool:
        return self.line.modality is LASER

    @property
    def deep(self) -> bool:
        return not self.laser and (self.line.session.needle_depth_mm or 0) >= 2

    def says(self, key: str) -> Any:
        return self.check_in.answers.get(key)

    def at(self, sign: str) -> list[str]:
        return (self.says("sites") or {}).get(sign) or []

    def has(self, sign: str) -> bool:
        """Ticked; or placed on the face and neither ticked nor denied."""
        return self.says(sign) is True or (self.says(sign) is None and bool(self.at(sign)))

    def amount(self, sign: str) -> str:
        """`none`, `few` or `many`; not counted, but placed on the face or told to be in a cluster, is at least a few."""
        clustered = sign == "blisters" and self.says("grouped") is True
        return self.says(sign) or ("few" if self.at(sign) or clustered else "none")

    def eye(self, *signs: str) -> bool:
        return any(sign in signs for sign in self.says("eye") or ())

    def told(self, item: str) -> int:
        """The grade as told; what was not asked is no more than none here, where only 'at least' is asked."""
        return self.says(item) or 0

    def value(self, item: str) -> int | None:
        """The grade less the own baseline."""
        grade: int | None = self.says(item)
        if grade is None or grade == 4 or item not in {"redness", "itching", "dryness"}:
            return grade
        return max(0, grade - min(2, self.line.patient.baseline.get(item, 0)))

    def cap(self, item: str) -> int:
        if self.laser:
            day = max(self.day, 0)
            return AFTER_LASER[item][day if day <= 3 else 4 if day <= 7 else 5]
        own = needling_cap(item, self.day)
        if not self.deep or self.day < 2 or item == "itching":
            return own
        return max(own, needling_cap(item, self.day - (1 if item in {"pain", "warmth"} else 3)))

    def above(self, item: str) -> int:
        """By how much the value is above the cap, 0 where it is not."""
        value = self.value(item)
        return 0 if value is None else max(0, value - self.cap(item))

    @property
    def fever(self) -> bool:
        measured = self.says("fever_c") or 0
        return (
            measured >= 38
            or (measured >= 37.5 and self.says("painkiller_6h") is True)
            or self.says("feverish") is True
        )

    @property
    def blisters(self) -> bool:
        return self.amount("blisters") != "none"

    @property
    def pus(self) -> bool:
        return self.amount("pus_spots") != "none"

    @property
    def rash(self) -> bool:
        return self.has("bumpy_rash") or self.has("rash_beyond_area")

    @property
    def pain(self) -> int:
        return self.told("pain")

    def earlier(self) -> list["Said"]:
        others = [Said(self.line, other) for other in self.line.check_ins]
        return [other for other in others if other.hours < self.hours]

    def two_in_a_row(self, item: str, from_day: int = -10_000) -> bool:
        """Above here and on some earlier check-in of another day, at most 4 days or one calendar day before."""
        before = [day for day in CALENDAR[self.line.modality] if day < self.day]
        calendar_day_before = before[-1] if before else None
        return self.above(item) > 0 and any(
            other.above(item) > 0
            and from_day <= other.day < self.day
            and (self.day - other.day <= 4 or other.day == calendar_day_before)
            for other in self.earlier()
        )


def needling_cap(item: str, day: int) -> int:
    day = max(day, 0)
    return NEEDLING[item][day if day <= 7 else 8 if day <= 10 else 9 if day <= 14 else 10]


def read(line: Timeline) -> dict[tuple[int, Code], Tier]:
    """Give the highest tier of each code at each check-in, by its place in the timeline's list."""
    highest: dict[tuple[int, Code], Tier] = {}
    # What could not be read as an answer was not given: the instrument says so, not the checks.
    kept = [structs.replace(one, answers=read_answers(load(), one.answers).answers) for one in line.check_ins]
    line = structs.replace(line, check_ins=kept)
    for index, check_in in enumerate(kept):
        ticked, words = noted(check_in)
        # The answers alone, and with what the note names as if ticked: words only ever add.
        alone, together = (
            rows(Said(line, structs.replace(check_in, answers=each))) for each in (check_in.answers, ticked)
        )
        raised = [*alone, *together, *words]
        for code, tier in raised:
            known = highest.get((index, code), tier)
            highest[index, code] = max(known, tier, key=lambda each: each.rank)
    return highest


def rows(said: Said) -> list[Raised]:
    return list(at_risk(said, [*levels(said), *course(said), *signs(said)]))


# The notes of the comparison as a person reads them: what they name as if ticked, what fits no sign.
NOTES: dict[str, tuple[dict[str, Any], list[Raised]]] = {
    "": ({}, []),
    "all fine, no pain, no fever": ({}, []),
    "I cannot breathe and there are blisters at my eye": (
        {"breathing_or_tongue": True, "blisters": "few", "sites": {"blisters": ["around_eye"]}},
        [],
    ),
    "No blisters, but my left eye is swollen shut": ({"eye": ["lid_swelling", "shut"]}, []),
    "The pain is 9/10 now!": ({"pain": 4}, []),
    "It is worse than yesterday": ({}, [(Code.NOTE, SOON)]),
    "I am scared, it is spreading": ({"spreading": True}, []),
    "I do not want to live any more": ({}, [(Code.NOTE, EMERGENCY)]),
    "Tengo fiebre de 38,7 y escalofríos": (
        {"feverish": True, "fever_c": 38.7, "chills": True},
        [],
    ),
    "Sin fiebre ni ampollas. Gracias": ({}, []),
    "Muitas bolhas no queixo, e está a alastrar": (
        {"blisters": "many", "sites": {"blisters": ["chin"]}, "spreading": True},
        [],
    ),
}


def noted(check_in: TimelineCheckIn) -> tuple[dict[str, Any], list[Raised]]:
    """Give the answers with what the note names; the higher of the two where both say something."""
    answers = dict(check_in.answers)
    named, words = NOTES.get(answers.get("note") or "", NOTES[""])
    for key, value in named.items():
        told = answers.get(key)
        if key == "blisters":
            answers[key] = "many" if "many" in {told, value} else value
        elif key == "eye":
            answers[key] = [*(told or []), *value]
        elif key == "sites":
            sites = told or {}
            answers[key] = sites | {
                sign: [*(sites.get(sign) or []), *places] for sign, places in value.items()
            }
        else:
            answers[key] = max(told or 0, value)
    return answers, words


def levels(said: Said) -> Iterator[Raised]:
    """Section 2, the table."""
    above, day, pain = said.above, said.day, said.pain

    swelling = said.told("swelling")
    if above("swelling"):
        if swelling == 1 and (said.two_in_a_row("swelling") or day >= 6):
            yield Code.SWELLING, ROUTINE
        if swelling >= 2:
            yield Code.SWELLING, SOON
        lids = said.eye("lid_swelling", "shut") or "around_eye" in said.at("swelling")
        if swelling >= 3 and (lids or said.has("one_sided")):
            yield Code.SWELLING, SAME_DAY
        if swelling == 4 and day > 1:
            yield Code.SWELLING, SAME_DAY

    if above("pain"):
        if pain == 1 and said.two_in_a_row("pain"):
            yield Code.PAIN, ROUTINE
        if pain == 2:
            yield Code.PAIN, SOON
        if pain >= 3:
            yield Code.PAIN, SAME_DAY

    if above("warmth"):
        if said.told("warmth") == 1 and said.two_in_a_row("warmth"):
            yield Code.INFECTION, ROUTINE
        if said.told("warmth") >= 2:
            yield Code.INFECTION, SOON
        if above("warmth") >= 3:
            yield (Code.BURN if said.laser else Code.INFECTION), SAME_DAY

    if said.two_in_a_row("redness"):
        yield Code.REDNESS, ROUTINE
    if above("redness") >= 2 or (above("redness") and day >= 14):
        yield Code.REDNESS, SOON

    itching = said.value("itching") or 0
    if above("itching") and itching >= 2:
        yield Code.DERMATITIS, (SOON if itching >= 3 else ROUTINE)

    yield from lesser_levels(said)


def lesser_levels(said: Said) -> Iterator[Raised]:
    """Section 2, the table's last row: dryness, crusting and bruising."""
    if said.two_in_a_row("dryness") or (said.two_in_a_row("crusting") and not said.laser):
        yield Code.DERMATITIS, ROUTINE
    slow = said.deep or "around_eye" in said.at("bruising") or said.line.patient.blood_thinner is True
    counts_from = 15 if slow else 11
    if said.day >= counts_from and said.two_in_a_row("bruising", counts_from):
        yield Code.DERMATITIS, ROUTINE
    if not said.laser:
        return
    if said.told("bruising") >= 1:
        yield Code.DERMATITIS, (SOON if said.pain >= 2 else ROUTINE)
    crusting = said.told("crusting")
    if crusting == 1:
        yield Code.DERMATITIS, SOON
    broken = said.has("weeping") or said.blisters or said.has("raw_or_grey_skin")
    if crusting >= 2 or (crusting >= 1 and (said.pain >= 2 or broken)):
        yield Code.BURN, SAME_DAY


def course(said: Said) -> Iterator[Raised]:
    """Section 2, the course of things: a jump within a day, and a rebound."""
    for item, code in LEVEL_CODES.items():
        now = said.value(item)
        if now is None:
            continue
        above = said.above(item) > 0
        for other in said.earlier():
            then = other.value(item)
            if then is None:
                continue
            within_a_day = other.day == said.day - 1 or 12 <= said.hours - other.hours <= 36
            inside_counts = item in {"pain", "warmth", "swelling"}
            if within_a_day and now - then >= 2 and said.day > 1 and (above or inside_counts):
                yield code, SOON
            if other.day >= 1 and then <= 1 and now >= 2 and said.day > 3 and above:
                yield code, SOON


def signs(said: Said) -> Iterator[Raised]:
    """Section 3, in three stretches of its table."""
    yield from emergencies_and_eyes(said)
    yield from herpes_and_broken_skin(said)
    yield from infections(said)
    yield from rashes_and_lumps(said)
    yield from late_signs(said)
    yield from bleeding_glands_contact(said)


def emergencies_and_eyes(said: Said) -> Iterator[Raised]:
    if said.has("breathing_or_tongue"):
        yield Code.AIRWAY, EMERGENCY
    if said.has("very_unwell"):
        yield Code.INFECTION, EMERGENCY
    if said.says("hives") == "elsewhere":
        yield (Code.AIRWAY, EMERGENCY) if said.hours <= 48 else (Code.ALLERGY, SAME_DAY)
    if said.has("numbing_reaction"):
        yield Code.ANAESTHETIC, (EMERGENCY if said.day <= 0 else SAME_DAY)

    if said.eye("vision"):
        yield Code.EYE, EMERGENCY
    if said.eye("pain"):
        yield Code.EYE, (EMERGENCY if said.hours <= 48 else SAME_DAY)
    if said.eye("shut"):
        worse = said.day > 2 or said.eye("pain") or said.pain >= 2 or said.fever
        yield Code.EYE, (EMERGENCY if worse else SAME_DAY)
    if said.eye("lid_swelling") and said.told("swelling") >= 2:
        yield Code.EYE, SAME_DAY


def herpes_and_broken_skin(said: Said) -> Iterator[Raised]:
    patient, day = said.line.patient, said.day
    any_eye_sign = said.eye("lid_swelling", "shut", "pain", "vision")
    if said.blisters and ("around_eye" in said.at("blisters") or any_eye_sign):
        yield Code.COLD_SORE, EMERGENCY
    ill = said.has("spreading") or said.fever or said.has("chills") or said.has("swollen_glands")
    if said.amount("blisters") == "many" and (ill or patient.immunosuppressed is True):
        yield Code.WIDESPREAD_HERPES, EMERGENCY

    if said.has("tingling"):
        near_the_mouth = {"lips", "around_mouth", "nose"} & set(said.at("tingling"))
        if said.laser and day <= 0 and (said.above("warmth") or said.above("pain")):
            yield Code.BURN, SAME_DAY
        elif day >= 1 or patient.hsv_history is True or near_the_mouth:
            yield Code.COLD_SORE, SAME_DAY

    raw = said.has("raw_or_grey_skin")
    if said.blisters and not said.laser:
        yield Code.COLD_SORE, SAME_DAY
    if (said.blisters or raw) and (said.laser or day <= 2):
        yield Code.BURN, SAME_DAY
    if raw and not said.laser and day >= 3:
        yield Code.INFECTION, SAME_DAY
    if raw and said.pain >= 3:
        yield Code.BURN, EMERGENCY


def infections(said: Said) -> Iterator[Raised]:
    fever, chills, spreading, day = said.fever, said.has("chills"), said.has("spreading"), said.day
    if spreading and (fever or chills or said.pain == 4):
        yield Code.INFECTION, EMERGENCY
    if spreading or said.has("yellow_crust") or (said.has("weeping") and (said.laser or day >= 2)):
        yield Code.INFECTION, SAME_DAY
    if fever:
        yield Code.INFECTION, SAME_DAY
    if chills and (day >= 2 or said.told("swelling") >= 3 or said.has("swollen_glands")):
        yield Code.INFECTION, SAME_DAY

    if said.amount("pus_spots") == "few" and said.pain <= 1:
        yield Code.ACNE_FLARE, ROUTINE
    if said.amount("pus_spots") == "many" or (said.pus and said.pain >= 2):
        yield Code.INFECTION, SOON
    if said.pus and fever:
        yield Code.INFECTION, SAME_DAY

    if said.has("ulcer"):
        yield Code.INFECTION, SOON
        if said.pain >= 2 and 2 <= day <= 10:
            yield Code.COLD_SORE, SAME_DAY
    sore = said.blisters or said.pus or said.has("lumps") or said.has("ulcer") or said.has("weeping")
    if said.pain >= 3 and sore:
        yield Code.INFECTION, SAME_DAY


def rashes_and_lumps(said: Said) -> Iterator[Raised]:
    if said.has("lumps"):
        worse = said.pain >= 3 or said.has("joint_pain") or said.fever
        yield Code.NODULES, (SAME_DAY if worse else SOON)
    if said.has("joint_pain") and (said.rash or said.has("lumps")):
        yield Code.NODULES, SAME_DAY

    if said.rash:
        yield Code.ALLERGY, (SOON if said.told("itching") >= 2 or said.day >= 7 else ROUTINE)
        if (said.told("swelling") >= 2 and said.day > 1) or said.eye("lid_swelling"):
            yield Code.ALLERGY, SAME_DAY
    weals_here = said.says("hives") == "treated_area" or (said.says("hives") is None and said.at("hives"))
    if weals_here and not (said.laser and said.hours <= 48):
        yield Code.ALLERGY, SOON


def late_signs(said: Said) -> Iterator[Raised]:
    day = said.day
    if said.has("white_bumps"):
        yield Code.MILIA, ROUTINE
        if said.pain >= 2:
            yield Code.INFECTION, (SAME_DAY if said.pain >= 3 else SOON)

    disturbed = said.pain >= 2 or said.blisters or said.told("crusting") >= 1 or said.has("raw_or_grey_skin")
    treated = said.line.session.pigment_treated is True and not disturbed
    if said.has("dark_patches"):
        if day >= 14:
            yield Code.PIGMENT, ROUTINE
        if said.laser and day <= 7 and not treated:
            yield Code.BURN, SAME_DAY
    if said.has("light_patches"):
        yield (Code.BURN, SAME_DAY) if said.laser and day <= 7 else (Code.PIGMENT, ROUTINE)
    if said.has("lines_or_rows") or said.has("raised_scar"):
        yield Code.SCARRING, ROUTINE


def bleeding_glands_contact(said: Said) -> Iterator[Raised]:
    if said.has("fresh_bleeding") and said.day >= 2:
        yield Code.BLEEDING, SAME_DAY
    if said.has("swollen_glands"):
        skin = said.pus or said.has("yellow_crust") or said.has("weeping") or said.blisters
        worse = said.has("spreading") or said.fever or said.has("chills") or skin or said.has("ulcer")
        yield Code.INFECTION, (SAME_DAY if worse else ROUTINE)
    if said.says("wants_contact") == "can_wait":
        yield Code.CONTACT_REQUEST, ROUTINE
    if said.says("wants_contact") == "urgent":
        yield Code.CONTACT_REQUEST, SAME_DAY


def at_risk(said: Said, raised: list[Raised]) -> Iterator[Raised]:
    """Section 3, risk: one tier more, to at most same day; what says emergency already stays so."""
    patient = said.line.patient
    risk = patient.immunosuppressed is True or patient.diabetes is True
    for code, tier in raised:
        raises = code in {Code.INFECTION, Code.COLD_SORE, Code.WIDESPREAD_HERPES, Code.NODULES}
        yield code, ({ROUTINE: SOON, SOON: SAME_DAY}.get(tier, tier) if risk and raises else tier)
