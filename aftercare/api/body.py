"""Request bodies: read whole and bounded before anything else happens, decoded strictly into the handler's Struct.

Strict, because "1" is not 1 and "true" is not true: what a phone meant is not ours to guess. Open parts, such as a
check-in's answers, are open in their Struct.
"""

import json
import re
import sys
from collections.abc import Generator
from typing import Any, ClassVar

import msgspec
from litestar.connection import ASGIConnection
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from aftercare.errors import Malformed, NotJson
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.patient_messages import MessageDraft
from aftercare.model.pointers import pointers_of
from aftercare.services.sync import SyncBatch

# No form of ours is deeper than six; what is, must not meet a recursion limit further in.
_DEEPEST = 64
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # its end may be missing: never read twice
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_HALF = re.compile("[\ud800-\udfff]")
# Nothing that a patient reported is lost because another part of it was odd.
_LENIENT = {CheckInDraft, MessageDraft, SyncBatch}
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_LONGEST_NUMBER = 300  # digits; a longer one is past any range


class StrictBody(AbstractDTO[Any]):
    """Decodes every JSON body of the API with msgspec, in strict mode."""

    _decoders: ClassVar[dict[str, msgspec.json.Decoder[Any]]] = {}

    def __init__(self, asgi_connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Bind to one request."""
        self.asgi_connection = asgi_connection

    def __class_getitem__(cls, annotation: Any) -> Any:
        """One class serves every type."""
        return cls

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the handler's Struct. Raises NotJson, Malformed."""
        decoder = self._decoders[self.asgi_connection.route_handler.handler_id]
        return decode(decoder, value, lenient=decoder.type in _LENIENT)

    def decode_builtins(self, value: dict[str, Any]) -> Any:
        """Forms are not this API's."""
        raise NotJson

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Make the decoder of a handler's body."""
        cls._decoders[handler_id] = msgspec.json.Decoder(field_definition.annotation)

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        """The Struct's own schema."""
        found: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return found

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        """Nothing is transferred field by field."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Nothing is transferred field by field."""
        return False


def decode(decoder: msgspec.json.Decoder[Any], body: bytes, *, lenient: bool = False) -> Any:
    """Decode strictly. Raises NotJson for what is not JSON (too deep included), Malformed for the wrong form.

    What is JSON and cannot be kept as it is (1e400, half a surrogate pair) is refused too; `lenient` bodies are kept.
    """
    if body.count(b"[") + body.count(b"{") > _DEEPEST and _too_deep(body):
        raise NotJson("The request's body is nested too deeply.")
    try:
        return _decoded(decoder, body, lenient=lenient)
    except msgspec.ValidationError as error:
        wrong = Malformed(pointers=pointers_of(str(error)))
        _require_json(body)  # the decoder stopped at the first wrong part: the rest may not even be JSON
        raise wrong from None
    except RecursionError:
        raise NotJson("The request's body is nested too deeply.") from None
    except (msgspec.DecodeError, ValueError):
        raise NotJson from None


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes, *, lenient: bool) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        if not _odd(body, error):
            raise
    plain = _plain(body)
    if not lenient and not _can_be_held(body):
        raise Malformed("A number in this is past any range, or a text holds half a character. Send neither.")
    return decoder.decode(plain)


def _can_be_held(body: bytes) -> bool:
    """Whether nothing in it is odd, so that its form alone is wrong."""
    try:
        _anything.decode(body)
    except msgspec.DecodeError:
        return False
    return True


def _require_json(body: bytes) -> None:
    try:
        _decoded(_anything, body, lenient=True)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise NotJson from None


def _too_deep(body: bytes) -> bool:
    """Whether brackets nest deeper than we take. One round takes the innermost pairs away, at the speed of C."""
    left = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    if b"[" * (_DEEPEST + 1) in left:
        return True
    for _ in range(_DEEPEST):
        before, left = len(left), left.replace(b"[]", b"").replace(b"{}", b"")
        if len(left) == before:  # nothing is left, or it is not JSON, which the decoder says
            return False
    return bool(left)


def _odd(body: bytes, error: msgspec.DecodeError) -> bool:
    """Whether it may be JSON that only our decoder cannot hold: a number past its range, half a surrogate pair."""
    return "out of range" in str(error) or b"\\ud" in body.lower()


def _plain(body: bytes) -> bytes:
    """The same JSON in what everyone can hold, so that one odd item does not take the others with it.

    A number past the range becomes the largest there is (which no item takes), half a pair the replacement character.
    Raises ValueError if it is not JSON.
    """
    tree = json.loads(body, parse_int=_whole, parse_float=_real, parse_constant=_refuse)
    return _HALF.sub("\ufffd", json.dumps(tree, ensure_ascii=False)).encode()


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONGEST_NUMBER else _real(digits)


def _real(digits: str) -> float:
    return max(-sys.float_info.max, min(float(digits), sys.float_info.max))


def _refuse(name: str) -> None:
    raise ValueError(name)
