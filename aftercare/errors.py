"""Every error once: its class, its HTTP status, its stable type and the sentence a person can act on.

The sentence never holds anything personal: no name, no answer, no token, no address of a request.
"""

from typing import Any, ClassVar


class AftercareError(Exception):
    """Something went wrong on our side. Try again; if it stays, tell the clinic's IT."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self, detail: str | None = None, *, pointers: dict[str, str] | None = None, **extra: Any
    ) -> None:
        """`detail` replaces the class's sentence; `pointers` maps a JSON pointer to what is wrong there."""
        self.detail = detail or (self.__doc__ or "").strip()
        self.pointers = pointers or {}
        self.extra = extra
        super().__init__(self.detail)


class NotJson(AftercareError):
    """The request's body is not JSON."""

    status = 400
    type = "not-json"
    title = "Not JSON"


class NotSignedIn(AftercareError):
    """Sign in first, or refresh the token."""

    status = 401
    type = "not-signed-in"
    title = "Not signed in"


class Forbidden(AftercareError):
    """This sign-in may not do that."""

    status = 403
    type = "forbidden"
    title = "Not allowed"


class NotFound(AftercareError):
    """There is nothing here, or it is not yours to see."""

    status = 404
    type = "not-found"
    title = "Not found"


class OtherContent(AftercareError):
    """This id was used before with other content. Send the same content, or use a new id."""

    status = 409
    type = "other-content"
    title = "Id used with other content"


class Conflict(AftercareError):
    """This cannot be done as things stand."""

    status = 409
    type = "conflict"
    title = "Conflict"


class Gone(AftercareError):
    """This was here and has been removed."""

    status = 410
    type = "gone"
    title = "Gone"


class Outdated(AftercareError):
    """Someone changed this since you read it. Read it again, then repeat the change."""

    status = 412
    type = "outdated"
    title = "Changed meanwhile"


class TooLarge(AftercareError):
    """The request is too large."""

    status = 413
    type = "too-large"
    title = "Too large"


class Malformed(AftercareError):
    """The request does not have the form that this address takes."""

    status = 422
    type = "malformed"
    title = "Malformed"


class MessagesOfTodayUsed(AftercareError):
    """Many messages came from you within a day. This one stays on the phone and is sent later. Call the clinic if it cannot wait."""

    status = 429
    type = "messages-of-today-used"
    title = "Many messages within a day"

    def __init__(self, *, retry_after: int) -> None:
        """`retry_after` is in seconds."""
        super().__init__(retry_after=retry_after)


class TooManyCheckIns(AftercareError):
    """Very many check-ins came from you lately. This one stays on the phone and is sent later. Call the clinic if it cannot wait."""

    status = 429
    type = "too-many-check-ins"
    title = "Too many check-ins"

    def __init__(self, *, retry_after: int) -> None:
        """`retry_after` is in seconds."""
        super().__init__(retry_after=retry_after)


class TooManyTries(AftercareError):
    """Too many tries. Wait a little, then try again."""

    status = 429
    type = "too-many-tries"
    title = "Too many tries"
