"""Every error once: its class, its HTTP status, its stable type and the sentence a person can act on.

The sentence never holds anything personal: no name, no answer, no token, no address of a request.
"""

from typing import Any, ClassVar


class AftercareError(Exception):
    """Something went wrong on our side. Try again; if it stays, tell the clinic's IT."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str | None = None, *, pointers: dict[str, str] | None = None, **extra: Any) -> None:
        """`detail` replaces the class's sentence; `pointers` maps a JSON pointer to what is wrong there."""
        self.detail = detail or (self.__doc__ or "").strip()
        self.pointers = pointers or {}
        self.extra = extra
        super().__init__(self.detail)
