"""Plainly synthetic colleagues with what they have in hand, and a patient's phones."""

from datetime import timedelta
from uuid import UUID

import msgspec

from aftercare.model.messages import TierCount
from aftercare.model.pages import Page
from aftercare.model.phone_pages import PhoneLine, PhonesPage
from aftercare.model.rota_pages import TypedForm
from aftercare.model.staff_pages import MemberPage, StaffLine, StaffPage
from aftercare.model.views import Head, PatientView, StaffView
from aftercare.model.words import Role, Tier

ADMIN = StaffView(id=UUID(int=3), name="Admin Three", role=Role.ADMIN)
DOOR = "https://aftercare.clinic.example/sign-in/sample"


def pages(head: Head, patient: PatientView) -> dict[str, Page]:
    """Pages by the name of their file."""
    admins = msgspec.structs.replace(head, staff=ADMIN)

    def line(number: int, name: str, role: Role, days: int, **more: object) -> StaffLine:
        member = StaffView(id=UUID(int=number), name=name, role=role)
        email = f"{name.split(maxsplit=1)[0].lower()}@clinic.example"
        since = head.now - timedelta(days=days)
        return msgspec.convert(
            {"member": member, "email": email, "since": since, **more}, StaffLine, from_attributes=True
        )

    busy = line(
        1,
        "Practitioner One",
        Role.PRACTITIONER,
        400,
        to_reach=(TierCount(tier=Tier.SAME_DAY, count=1), TierCount(tier=Tier.SOON, count=2)),
        reached=1,
    )
    here = (
        line(3, "Admin Three", Role.ADMIN, 400),
        line(2, "Coordinator Two", Role.COORDINATOR, 90, reached=3),
        busy,
    )
    left = line(4, "Coordinator Four", Role.COORDINATOR, 300, disabled_at=head.now - timedelta(days=20))
    wrong = TypedForm(
        form="new",
        values={"name": "Practitioner Five", "email": "five", "role": "practitioner"},
        problems={"": "Nobody was added yet: the form needs another look.", "email": "This is no address."},
    )

    def phone(device: str, days: float, *, out: bool = False, pushed: bool = False) -> PhoneLine:
        seen = head.now - timedelta(days=days)
        return PhoneLine(
            device=device,
            app_version="0.1.0",
            enrolled_at=seen - timedelta(days=5),
            seen_at=seen,
            revoked_at=seen + timedelta(hours=1) if out else None,
            pushed=pushed,
        )

    return {
        "staff": StaffPage(head=admins, here=here, gone=(left,), door=DOOR, form=TypedForm(form="new", values={})),
        "staff-refused": StaffPage(head=admins, here=here, door=DOOR, form=wrong),
        "staff-read": StaffPage(head=head, here=here, gone=(left,), door=DOOR),
        "member": MemberPage(
            head=admins,
            line=busy,
            oneself=False,
            rotas=("Nights", "Weekends"),
            chains=(Tier.EMERGENCY, Tier.SAME_DAY),
            last_practitioner=True,
            wrong_password="Choose one of 10 to 200 characters.",
        ),
        "member-own": MemberPage(head=admins, line=here[0], oneself=True, problem="Ask another admin."),
        "member-gone": MemberPage(head=admins, line=left, oneself=False),
        "phones": PhonesPage(
            head=head,
            patient=patient,
            phones=(phone("Firefox on Android", 0.2, pushed=True), phone("", 40), phone("Safari on iPhone", 90, out=True)),
        ),
        "phones-out": PhonesPage(head=head, patient=patient, phones=(phone("Safari on iPhone", 2, out=True),)),
        "phones-none": PhonesPage(head=head, patient=patient, phones=()),
    }  # fmt: skip
