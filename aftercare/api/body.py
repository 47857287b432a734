"""Request bodies: read whole and bounded before anything else happens, decoded strictly into the handler's Struct.

Strict, because "1" is not 1 and "true" is not true: what a phone meant is not ours to guess. Open parts, such as a
check-in's answers, are open in their Struct.
"""

import re
from collections.abc import Generator
from typing import Any, ClassVar

import msgspec
from litestar.connection import ASGIConnection
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from aftercare.errors import Malformed, NotJson

_PATH = re.compile(r"^(?P<what>.*) - at `\$(?P<path>.*)`$", re.DOTALL)
_KEY = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


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
        return decode(self._decoders[self.asgi_connection.route_handler.handler_id], value)

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


def decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Decode strictly. Raises NotJson for what is not JSON (too deep included), Malformed for the wrong form."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(pointers=_pointer(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotJson from None
    except RecursionError:
        raise NotJson("The request's body is nested too deeply.") from None


def _pointer(message: str) -> dict[str, str]:
    """Msgspec's `Expected ... - at `$.a[0]`` as a JSON pointer; its words hold types and bounds, never the value."""
    match = _PATH.match(message)
    if match is None:
        return {"": message}
    keys = [
        (key or index).replace("~", "~0").replace("/", "~1") for key, index in _KEY.findall(match["path"])
    ]
    return {"".join(f"/{key}" for key in keys): match["what"]}
