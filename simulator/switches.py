"""Switches: what a person can set by name and text, with a meaning for each.

A switch is a field of a dataclass, of a type that can be written as text, with
its meaning as annotation.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_type_hints

# In a table: whatever the command.
ANY_COMMAND = 0


class Switch(NamedTuple):
    """One switch as a person sees it."""

    name: str
    kind: str
    value: object
    meaning: str


class Switches:
    """What a dataclass of switches can do; its defaults are good order."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Switch]:
        """Yield every switch with its present value."""
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            plain, meaning = get_args(hint)
            yield Switch(name, _kind(plain), getattr(self, name), meaning)

    def reset(self) -> None:
        """Put all back to what is in good order."""
        good = type(self)()
        for name in get_type_hints(type(self)):
            setattr(self, name, getattr(good, name))

    def strike[T](self, name: str, value: T) -> T:
        """Return a switch's value; it goes back, unless all strike every time."""
        if not getattr(self, "repeat", False):
            setattr(self, name, getattr(type(self)(), name))
        return value

    def set(self, name: str, text: str) -> None:
        """Set a switch from text, as the command line and the console do."""
        hints = get_type_hints(type(self))
        if name not in hints:
            raise ValueError(f"no switch is called {name}")
        try:
            setattr(self, name, _parse(hints[name], text))
        except ValueError as err:
            raise ValueError(f"{name} is {_kind(hints[name])}: {err}") from err


def _choices(hint: Any) -> tuple[str, ...]:
    """Return the words that a switch can be set to, if it is one of words."""
    hint = getattr(hint, "__value__", hint)
    words = get_args(hint)
    if words and all(isinstance(word, str) for word in words):
        return words
    return ()


def _options(hint: Any) -> tuple[Any, bool]:
    """Return the type without None, and whether None was in it."""
    parts = get_args(hint)
    if type(None) in parts and len(parts) == 2:
        return next(part for part in parts if part is not type(None)), True
    return hint, False


def _kind(hint: Any) -> str:
    """Return how a switch is written."""
    hint, optional = _options(hint)
    if words := _choices(hint):
        kind = "|".join(words)
    else:
        kind = {
            bool: "on|off",
            int: "number",
            float: "seconds",
            str: "text",
            bytes: "hex",
            tuple[str, ...]: "name,name",
            dict[int, int]: "command[:nth],…",
            dict[int, float]: "command:seconds,…",
        }[hint]
    return f"{kind}|none" if optional else kind


def _parse(hint: Any, text: str) -> object:
    """Return the value that a text means for a switch of this type."""
    hint, optional = _options(hint)
    if optional and text.lower() in {"none", ""}:
        return None
    if words := _choices(hint):
        if text not in words:
            raise ValueError(f"{text!r} is none of them")
        return text
    items = [item.strip() for item in text.split(",") if item.strip()]
    if hint is bool:
        word = text.lower()
        if word not in {"on", "off", "1", "0", "true", "false", "yes", "no"}:
            raise ValueError(f"{text!r} is neither on nor off")
        return word in {"on", "1", "true", "yes"}
    if hint is bytes:
        return bytes.fromhex(text)
    if hint == tuple[str, ...]:
        return tuple(items)
    if hint == dict[int, int]:
        pairs = [item.partition(":") for item in items]
        return {int(key): int(nth or 1) for key, _, nth in pairs}
    if hint == dict[int, float]:
        pairs = [item.partition(":") for item in items]
        return {
            int(key) if sep else ANY_COMMAND: float(value if sep else key)
            for key, sep, value in pairs
        }
    return hint(text)
