"""What changes of a person, as it is shown to who changes it."""

from datetime import date as Date
from typing import Final, NamedTuple

from .people import Person

# What is told of a person that changes, besides the name.
_TOLD: Final = (
    "external_id",
    "kind",
    "groups",
    "ha_person",
    "valid_from",
    "valid_until",
)


class Changed(NamedTuple):
    """What a row makes of something, and of what; of a card only that it does."""

    field: str
    before: str = ""
    after: str = ""


def changes_of(before: Person | None, after: Person) -> tuple[Changed, ...]:
    """Return what of a person is another thing, but for the name.

    Of who is new, what is another thing than of anybody.
    """
    anybody = before or Person(id="", name="")
    told = [
        Changed(field, _text(was) if before else "", _text(now))
        for field in _TOLD
        for was, now in [(getattr(anybody, field), getattr(after, field))]
        if was != now
    ]
    if anybody.cards != after.cards:
        told.append(Changed("card"))
    return tuple(told)


def _text(value: str | tuple[str, ...] | Date | None) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value or "")
