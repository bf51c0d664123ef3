"""Who people are, and who of them a terminal's user may be."""

from datetime import date as Date

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.people import (
    Directory,
    Mapping,
    Person,
    Suggestion,
    fold_id,
    fold_name,
    suggest_mappings,
)
from custom_components.syncid.core.records import DeviceUser


def person(id_: str, name: str, external: str = "", *cards: int) -> Person:
    """Return somebody."""
    return Person(id=id_, name=name, external_id=external, cards=frozenset(cards))


def user(user_id: str, name: str = "", card: int = 0) -> DeviceUser:
    """Return a terminal's user."""
    return DeviceUser(1, user_id, name, 0, card)


def suggested(
    people: list[Person], *users: DeviceUser, mappings: tuple[Mapping, ...] = ()
) -> list[tuple[str, str, str, float]]:
    """Return what is suggested: user, person, what for, and the score."""
    return [
        (one.user_id, one.person_id, one.basis, one.score)
        for one in suggest_mappings(people, {"hall": users}, mappings)
    ]


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("José  Núñez", "jose nunez"),
        ("JOSE NUNEZ", "jose nunez"),
        ("Müller, Jürgen", "muller jurgen"),
        ("Straße", "strasse"),
        ("Łukasz Ø'Brien", "lukasz o brien"),
        ("Александр", "aleksandr"),
        ("  ", ""),
    ],
)
def test_folded_names(name: str, folded: str) -> None:
    """Accents, case, signs and scripts are no difference."""
    assert fold_name(name) == folded


@given(st.text(max_size=30))
def test_folding_twice(name: str) -> None:
    """What is folded stays as it is."""
    assert fold_name(fold_name(name)) == fold_name(name)


@pytest.mark.parametrize(
    ("user_id", "folded"),
    [("0012", "12"), ("12", "12"), (" 12 ", "12"), ("000", "0"), ("A12", "a12")],
)
def test_folded_ids(user_id: str, folded: str) -> None:
    """A terminal drops leading zeros."""
    assert fold_id(user_id) == folded


PEOPLE = [
    person("p1", "José Núñez", "0012", 5555),
    person("p2", "Amina Hassan", "13"),
    person("p3", "Bartholomew Montgomery-Fitzgerald", "14"),
    person("p4", "Chen Wei", ""),
]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (user("12", "Somebody"), ("p1", "user_id", 1.0)),
        (user("99", "Somebody", 5555), ("p1", "card", 0.95)),
        (user("99", "jose nunez"), ("p1", "name", 0.9)),
        (user("99", "HASSAN AMINA"), ("p2", "name_order", 0.85)),
        (user("99", "Bartholomew Montgomery-"), ("p3", "name_cut", 0.75)),
        (user("99", "Amina Hasan"), ("p2", "name_near", 0.67)),
        # The id goes before the card, the card before the name; but whose name is
        # another one's is not certain.
        (user("13", "Somebody", 5555), ("p2", "user_id", 1.0)),
        (user("13", "jose nunez", 5555), ("p2", "user_id", 0.5)),
        (user("99", "Amina Hassan", 5555), ("p1", "card", 0.475)),
    ],
)
def test_suggested(one: DeviceUser, expected: tuple[str, str, float]) -> None:
    """By user id, card, then name, each with its score."""
    (found,) = suggest_mappings(PEOPLE, {"hall": [one]})
    assert (found.person_id, found.basis) == expected[:2]
    assert found.score == pytest.approx(expected[2], abs=0.005)


@pytest.mark.parametrize(
    "one",
    [
        user("99"),
        user("99", "99"),
        user("99", "Nobody Known"),
        user("99", "Bartholomew"),
        user("99", "Che"),
        user("99", "Somebody", 1234),
    ],
)
def test_nothing_to_suggest(one: DeviceUser) -> None:
    """A name that only begins alike is no hint, nor is no name at all."""
    assert suggest_mappings(PEOPLE, {"hall": [one]}) == []


def test_two_of_a_name() -> None:
    """Who may be either is suggested with half the score, and the other named."""
    people = [person("p1", "Amina Ali"), person("p2", "Amina Alí")]
    (found,) = suggest_mappings(people, {"hall": [user("7", "amina ali")]})
    assert (found.person_id, found.rivals, found.score) == ("p1", ("p2",), 0.45)
    assert not found.is_certain


def test_one_person_with_two_ids() -> None:
    """The better of two users is suggested; the other one with half the score."""
    people = [person("p1", "Amina Ali", "7")]
    assert suggested(people, user("9", "Amina Ali"), user("7")) == [
        ("7", "p1", "user_id", 1.0),
        ("9", "p1", "name", 0.45),
    ]


def test_mapped_already() -> None:
    """Who is mapped is left out, and whom they are comes last at that terminal."""
    people = [person("p1", "Amina Ali"), person("p2", "Amina Ali")]
    held = (Mapping("hall", "7", "p1"),)
    assert suggested(people, user("7", "Amina Ali"), mappings=held) == []
    assert suggested(people, user("8", "Amina Ali"), mappings=held) == [
        ("8", "p2", "name", 0.9)
    ]
    alone = [people[0]]
    assert suggested(alone, user("8", "Amina Ali"), mappings=held) == [
        ("8", "p1", "name", 0.45)
    ]


def test_best_first() -> None:
    """What is certain comes first, of all terminals."""
    found = suggest_mappings(
        PEOPLE, {"hall": [user("99", "Chen Wei")], "gate": [user("13")]}
    )
    assert [(one.serial, one.is_certain) for one in found] == [
        ("gate", True),
        ("hall", False),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Amina", "Amina Ali", "José Núñez", "Bob", ""]),
            st.sampled_from(["", "1", "2", "003"]),
        ),
        max_size=6,
    ),
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "3", "9"]),
            st.sampled_from(["", "amina", "ALI AMINA", "Jose Nunez", "Bobb"]),
        ),
        max_size=6,
        unique_by=lambda one: one[0],
    ),
)
def test_whatever_is_suggested(
    people: list[tuple[str, str]], users: list[tuple[str, str]]
) -> None:
    """Each user at most once, with a score, whatever the order of people."""
    everybody = [person(f"p{number}", *one) for number, one in enumerate(people)]
    there = {"hall": [user(*one) for one in users]}
    found: list[Suggestion] = suggest_mappings(everybody, there)
    assert len({one.user_id for one in found}) == len(found)
    assert all(0 < one.score <= 1 for one in found)
    assert suggest_mappings(everybody[::-1], there) == found


def test_directory() -> None:
    """Either way, and who is nobody is counted."""
    directory = Directory(
        PEOPLE,
        [
            Mapping("hall", "1", "p1"),
            Mapping("gate", "7", "p1"),
            Mapping("gate", "8", "x"),
        ],
    )
    found = directory.person_of("gate", "7")
    assert found is not None
    assert found.id == "p1"
    assert directory.person_of("gate", "1") is None
    assert directory.users_of("p1") == [("gate", "7"), ("hall", "1")]
    assert directory.serials_of("p1") == ["gate", "hall"]
    assert directory.serials_of("p2") == []
    punched = [("gate", "1"), ("hall", "1"), ("gate", "1"), ("gate", "8")]
    assert directory.unmapped(punched) == {"gate": {"1": 2, "8": 1}}


def test_cards_are_not_shown() -> None:
    """A card's number opens doors."""
    assert "5555" not in repr(PEOPLE[0])


def test_validity() -> None:
    """First and last day are included."""
    one = Person(
        id="p",
        name="P",
        valid_from=Date(2026, 1, 2),
        valid_until=Date(2026, 1, 3),
    )
    days = [Date(2026, 1, day) for day in (1, 2, 3, 4)]
    assert [one.is_valid_on(day) for day in days] == [False, True, True, False]
    assert PEOPLE[0].is_valid_on(days[0])


def test_id_against_name() -> None:
    """A number that says one person, and a name that says another, are not certain."""
    people = [person("a", "Amina", "1"), person("b", "Bruno", "2")]
    (found,) = suggest_mappings(people, {"hall": [user("1", "Bruno")]})
    assert (found.person_id, found.score, found.rivals) == ("a", 0.5, ("b",))


def test_two_users_of_a_name() -> None:
    """Of two users who may be one person alike nobody knows which is."""
    people = [person("a", "Amina")]
    there = {"hall": [user("1", "Amina"), user("2", "Amina")]}
    assert [one.score for one in suggest_mappings(people, there)] == [0.45, 0.45]
