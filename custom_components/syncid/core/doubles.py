"""Two people who may be one, and what is left when they are made one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping as Map
from dataclasses import replace
from itertools import combinations
from typing import Literal, NamedTuple

from .people import Directory, Person, fold_name
from .records import DeviceUser

type DoubleBasis = Literal["card", "name", "name_order"]

# Of more people of one name no pair is more likely than another.
_MOST_OF_A_NAME = 5


class Double(NamedTuple):
    """Two people who may be one."""

    first: str
    second: str
    basis: DoubleBasis


def find_doubles(
    directory: Directory, told: Map[str, Map[str, DeviceUser]]
) -> list[Double]:
    """Return who may be there twice: by a card, by the name, by its words.

    `told` are the users of each terminal, by serial number: of a person's cards
    terminals may know more than we do.
    """
    by_card: defaultdict[int, set[str]] = defaultdict(set)
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    by_words: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for person in directory.people.values():
        for card in person.cards:
            by_card[card].add(person.id)
        if name := fold_name(person.name):
            by_name[name].add(person.id)
            by_words[tuple(sorted(name.split()))].add(person.id)
    for serial, users in told.items():
        for user_id, user in users.items():
            known = directory.person_of(serial, user_id)
            if known is not None and user.card:
                by_card[user.card].add(known.id)
    found: dict[tuple[str, str], DoubleBasis] = {}
    bases: tuple[tuple[DoubleBasis, Iterable[set[str]]], ...] = (
        ("card", by_card.values()),
        ("name", by_name.values()),
        ("name_order", by_words.values()),
    )
    for basis, groups in bases:
        for group in groups:
            if len(group) > _MOST_OF_A_NAME:
                continue
            for first, second in combinations(sorted(group), 2):
                found.setdefault((first, second), basis)
    return [Double(first, second, basis) for (first, second), basis in found.items()]


def merged(kept: Person, gone: Person) -> Person:
    """Return who is left of two people who are one; what one is empty of, the other has."""
    return replace(
        kept,
        external_id=kept.external_id or gone.external_id,
        groups=tuple(dict.fromkeys((*kept.groups, *gone.groups))),
        ha_person=kept.ha_person or gone.ha_person,
        # Whoever is valid for always is so as one, too.
        valid_from=kept.valid_from
        and gone.valid_from
        and min(kept.valid_from, gone.valid_from),
        valid_until=kept.valid_until
        and gone.valid_until
        and max(kept.valid_until, gone.valid_until),
        cards=kept.cards | gone.cards,
    )
