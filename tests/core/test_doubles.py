"""Two people who are one: found, and what is left of them."""

from datetime import date as Date

import pytest

from custom_components.syncid.core.doubles import Double, find_doubles, merged
from custom_components.syncid.core.people import Directory, Mapping, Person
from custom_components.syncid.core.records import DeviceUser


def person(id_: str, name: str, *cards: int) -> Person:
    """Return somebody."""
    return Person(id=id_, name=name, cards=frozenset(cards))


@pytest.mark.parametrize(
    ("people", "found"),
    [
        ([person("a", "José Núñez"), person("b", "JOSE  NUNEZ")], ["name"]),
        ([person("a", "Amina Rossi"), person("b", "Rossi, Amina")], ["name_order"]),
        ([person("a", "Amina"), person("b", "Bruno")], []),
        ([person("a", "—"), person("b", "…")], []),
        # A class of twins is no help.
        ([person(str(number), "Chen") for number in range(6)], []),
        ([person(str(number), "Chen") for number in range(3)], ["name"] * 3),
    ],
)
def test_by_name(people: list[Person], found: list[str]) -> None:
    """Who is called alike may be one."""
    assert [one.basis for one in find_doubles(Directory(people, []), {})] == found


def test_by_card() -> None:
    """Who has one card is one, wherever the card is known; and is told of once."""
    people = [person("a", "Amina", 17), person("b", "Amina"), person("c", "Chen")]
    directory = Directory(
        people, [Mapping("gate", "1", "b"), Mapping("gate", "2", "c")]
    )
    told = {
        "gate": {
            "1": DeviceUser(1, "1", "", 0, 17),
            "2": DeviceUser(2, "2", "", 0),
            "3": DeviceUser(3, "3", "", 0, 17),
        }
    }
    assert find_doubles(directory, told) == [Double("a", "b", "card")]


def test_merged() -> None:
    """Who stays is as they were, with what they lacked."""
    kept = Person(
        id="a",
        name="Amina",
        groups=("7b",),
        kind="student",
        valid_from=Date(2026, 9, 1),
        valid_until=Date(2026, 12, 31),
        cards=frozenset({1}),
    )
    gone = Person(
        id="b",
        name="Amina R.",
        external_id="17",
        groups=("choir", "7b"),
        ha_person="person.amina",
        valid_from=Date(2026, 8, 1),
        cards=frozenset({2}),
    )
    assert merged(kept, gone) == Person(
        id="a",
        name="Amina",
        external_id="17",
        kind="student",
        groups=("7b", "choir"),
        ha_person="person.amina",
        valid_from=Date(2026, 8, 1),
        cards=frozenset({1, 2}),
    )
    assert merged(gone, kept).name == "Amina R."
    assert merged(kept, kept) == kept
