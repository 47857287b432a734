"""What an act on an alert can be refused for, each with a sentence that says what to do instead."""

from typing import ClassVar

from aftercare.errors import AftercareError


class NotYourRoleError(AftercareError):
    """Your role does not work on alerts. Ask a practitioner or a coordinator of the clinic."""

    status: ClassVar[int] = 403
    type: ClassVar[str] = "alert-role"
    title: ClassVar[str] = "Not for this role"


class PractitionerNeededError(AftercareError):
    """Only a practitioner may do this. Take the alert, call the patient, and hand it to a practitioner."""

    status: ClassVar[int] = 403
    type: ClassVar[str] = "alert-practitioner-needed"
    title: ClassVar[str] = "A practitioner is needed"


class TakenError(AftercareError):
    """Somebody else has this alert. Speak with them, or take it over."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "alert-taken"
    title: ClassVar[str] = "Taken by somebody else"


class RisenError(AftercareError):
    """The alert has become more urgent since you read it. Read it again, then act."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "alert-risen"
    title: ClassVar[str] = "More urgent now"


class AlreadyResolvedError(AftercareError):
    """The alert is already resolved. Reopen it first if there is more to do."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "alert-resolved"
    title: ClassVar[str] = "Already resolved"


class AnotherIsOpenError(AftercareError):
    """There is a newer unresolved alert of the same kind. Work on that one instead of reopening this."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "alert-another-open"
    title: ClassVar[str] = "Another one is open"


class NoConditionError(AftercareError):
    """There is no confirmed condition to end here. Only an alert resolved as confirmed has one."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "alert-no-condition"
    title: ClassVar[str] = "Nothing confirmed"


class SnoozeError(AftercareError):
    """A snooze must end in the future and within seven days. Choose an earlier time."""

    status: ClassVar[int] = 422
    type: ClassVar[str] = "alert-snooze"
    title: ClassVar[str] = "Cannot be snoozed until then"
