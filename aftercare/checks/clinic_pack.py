"""A clinic's pack: the shipped one with what the clinic changes, strictly read, and how two packs differ."""

import re
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import inspect

from aftercare.checks.pack import Row, RulePack
from aftercare.model.rule_packs import Difference, Fault

S = TypeVar("S", bound=msgspec.Struct)

_NAME = re.compile(r"[a-z0-9_.]{1,64}")
# What a row is about, and whether it is part of the floor, is the shipped pack's to say; so is its name.
_OURS: dict[type, frozenset[str]] = {RulePack: frozenset({"version"}), Row: frozenset({"code", "floor"})}


def changed(
    shipped: RulePack, changes: dict[str, Any], *, number: int | None = None
) -> tuple[RulePack, tuple[Fault, ...]]:
    """Give the shipped pack with these changes, and what of them cannot be read.

    What has a fault is left as shipped. Unknown fields, codes and rows are faults, and so is every value of another
    type or out of its bounds. `number` is the pack's within its clinic: it names the version where anything differs.
    """
    faults: list[Fault] = []
    pack = _struct(shipped, changes, "", faults)
    if pack == shipped:
        return shipped, tuple(faults)  # the very same, so that nothing is judged by it twice
    if number is not None:
        pack = msgspec.structs.replace(pack, version=f"{shipped.version}+{number}")
    return pack, tuple(faults)


def difference(before: RulePack, after: RulePack) -> tuple[Difference, ...]:
    """Give every value that differs, in the order of the pack."""
    old, new = flat(before), flat(after)
    return tuple(
        Difference(pointer=pointer, before=old.get(pointer), after=new.get(pointer))
        for pointer in dict.fromkeys((*old, *new))
        if old.get(pointer) != new.get(pointer)
    )


def flat(pack: RulePack) -> dict[str, Any]:
    """Give every value that a clinic may change by its JSON pointer; lists are one value."""
    values: dict[str, Any] = {}

    def walk(value: Any, at: str) -> None:
        if isinstance(value, msgspec.Struct):
            for name in _open_fields(type(value)):
                walk(getattr(value, name), f"{at}/{name}")
        elif isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{at}/{escaped(key)}")
        else:
            plain = msgspec.to_builtins(value)
            values[at] = sorted(plain) if isinstance(value, frozenset) else _listed(plain)

    walk(pack, "")
    return values


def changes_between(shipped: RulePack, pack: RulePack) -> dict[str, Any]:
    """Give the smallest changes that make `pack` of the shipped one."""
    changes: dict[str, Any] = {}
    for one in difference(shipped, pack):
        *path, last = [
            part.replace("~1", "/").replace("~0", "~") for part in one.pointer.removeprefix("/").split("/")
        ]
        place = changes
        for part in path:
            place = place.setdefault(part, {})
        place[last] = one.after
    return changes


def escaped(key: object) -> str:
    """A key as a part of a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def takes(kind: Any) -> str:
    """Say in words what a value of this type is: "a whole number from 0 to 4"."""
    return _words(inspect.type_info(kind))


def type_at(pointer: str) -> Any:
    """Give the type of the value that a pointer into a pack names. Raises KeyError for none."""
    kind: Any = RulePack
    for part in pointer.removeprefix("/").split("/"):
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            kind = {field.name: field.type for field in msgspec.structs.fields(kind)}[part]
        else:
            kind = get_args(kind)[1]
    return kind


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _open_fields(kind: type[msgspec.Struct]) -> list[str]:
    ours = _OURS.get(kind, frozenset())
    return [name for name in kind.__struct_fields__ if name not in ours]


def _struct(base: S, said: Any, at: str, faults: list[Fault]) -> S:
    if not isinstance(said, dict):
        faults.append(Fault(pointer=at, sentence="This holds named values, so it is an object."))
        return base
    kinds = {field.name: field.type for field in msgspec.structs.fields(base)}
    known = _open_fields(type(base))
    taken: dict[str, Any] = {}
    for name, value in said.items():
        if name in known:
            here = f"{at}/{escaped(name)}"
            taken[name] = _value(getattr(base, name), kinds[name], value, here, faults)
        else:
            sentence = "There is nothing of this name to change in a pack."
            faults.append(Fault(pointer=_unknown(at, name), sentence=sentence))
    return msgspec.structs.replace(base, **taken)


def _value(base: Any, kind: Any, said: Any, at: str, faults: list[Fault]) -> Any:
    if isinstance(base, msgspec.Struct):
        return _struct(base, said, at, faults)
    if isinstance(base, dict):
        return _mapping(base, get_args(kind)[1], said, at, faults)
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError:
        faults.append(Fault(pointer=at, sentence=f"This must be {takes(kind)}."))
        return base


def _mapping(base: dict[Any, Any], kind: Any, said: Any, at: str, faults: list[Fault]) -> dict[Any, Any]:
    if not isinstance(said, dict):
        faults.append(Fault(pointer=at, sentence="This holds named values, so it is an object."))
        return base
    taken = dict(base)
    for key, value in said.items():
        if key in base:  # an enum's member equals its word
            known = next(one for one in base if one == key)
            taken[known] = _value(base[known], kind, value, f"{at}/{escaped(key)}", faults)
        else:
            sentence = "The shipped pack has nothing of this name."
            faults.append(Fault(pointer=_unknown(at, key), sentence=sentence))
    return taken


def _unknown(at: str, name: object) -> str:
    """Point at what has no place in a pack; a name that no pack could hold is not said back."""
    return f"{at}/{name}" if _NAME.fullmatch(str(name)) else f"{at}/-"


def _words(info: inspect.Type) -> str:
    match info:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=low, le=high):
            return f"a whole number from {low} to {high}"
        case inspect.FloatType(ge=low, le=high):
            return f"a number from {low:g} to {high:g}"
        case inspect.EnumType(cls=values):
            return f"one of {', '.join(one.value for one in values)}"
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case inspect.TupleType(item_types=items):
            return f"a list of {len(items)}, each {_words(items[0])}"
        case inspect.VarTupleType(item_type=item) | inspect.FrozenSetType(item_type=item):
            return f"a list, each {_words(item)}"
        case _:
            return "a value of another kind"
