"""People from a table: each row is judged, and all are taken or none."""

from datetime import date as Date
from itertools import count

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.errors import SheetUnreadable
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.people_changes import Changed
from custom_components.syncid.core.people_import import Report, import_people
from custom_components.syncid.core.sheets import Sheet, write_xlsx

HA_PERSONS = {"person.amina", "person.bob", "person.x", "person.y"}
TERMINALS = {"S1": "Main gate", "S2": "Hall"}
AMINA = Person(
    id="p1",
    name="Amina Hassan",
    external_id="12",
    groups=("5A",),
    cards=frozenset({77}),
)


def read(
    text: str | bytes,
    *known: Person,
    mappings: tuple[Mapping, ...] = (),
    terminals: dict[str, str] = TERMINALS,
) -> Report:
    """Read people from CSV."""
    return import_people(
        text.encode() if isinstance(text, str) else text,
        known,
        mappings,
        new_id=(f"n{number}" for number in count(1)),
        terminals=terminals,
        ha_persons=HA_PERSONS,
    )


def reasons(report: Report) -> list[list[str]]:
    """Return what is wrong with each row."""
    return [[one.reason for one in row.problems] for row in report.rows]


def test_new_people() -> None:
    """All that a row can say."""
    report = read(
        "Name;ID number;Kind;Groups;Valid from;Valid until;Card;User ID;Terminal;Shoe\n"
        "José Núñez;0013;Student;5A|5B;2026-01-05;30.06.2026;4711;13;main gate;44\n"
        "Bob;14;;;;;;;;\n"
    )
    assert report.is_good
    assert report.ignored == ("Shoe",)
    assert report.counts() == {"add": 2}
    assert report.people == (
        Person(
            id="n1",
            name="José Núñez",
            external_id="0013",
            kind="student",
            groups=("5A", "5B"),
            valid_from=Date(2026, 1, 5),
            valid_until=Date(2026, 6, 30),
            cards=frozenset({4711}),
        ),
        Person(id="n2", name="Bob", external_id="14"),
    )
    assert report.mappings == (Mapping("S1", "13", "n1"),)


def test_what_a_row_changes() -> None:
    """Of each row what it makes of what, and whose users somebody becomes."""
    report = read(
        "Name;ID number;Kind;Groups;Valid from;Card;User ID\n"
        "Amina Hassan;12;;5B;2026-01-05;78;12\n"
        "Bob;13;visitor;;;;\n",
        AMINA,
        mappings=(Mapping("S1", "12", "p1"),),
    )
    amina, bob = report.rows
    assert amina.changes == (
        Changed("groups", "5A", "5B"),
        Changed("valid_from", "", "2026-01-05"),
        # Which ones, nobody is told.
        Changed("card"),
    )
    assert amina.mappings == (Mapping("S2", "12", "p1"),)
    assert bob.changes == (
        Changed("external_id", "", "13"),
        Changed("kind", "", "visitor"),
    )
    assert bob.mappings == ()


@pytest.mark.parametrize(
    "head",
    [
        "ID number",
        "id_number",
        "External ID",
        "Number",
        "Employee ID",
        "Personnel no.",
        "Roll number",
    ],
)
def test_head_of_ids(head: str) -> None:
    """What an ID number is called in the panel, in actions, and was called before."""
    assert read(f"Name,{head}\nBob,14\n").people[0].external_id == "14"


def test_lists() -> None:
    """Several cards, and several users of the same terminals; a person of the house."""
    report = read(
        "Name,HA person,Cards,User IDs,Terminal\n"
        "Bob,Person.bob,4711|4712; 0,13;14,Hall\n"
    )
    (person,) = report.people
    assert person.cards == frozenset({4711, 4712})
    assert person.ha_person == "person.bob"
    assert report.mappings == (Mapping("S2", "13", "n1"), Mapping("S2", "14", "n1"))


def test_no_person_of_home_assistant() -> None:
    """Who is no person there is refused, as when somebody is added, and named."""
    for told in ("bobby", "person.nobody"):
        (row,) = read(f"name,ha person\nBob,{told}\n").rows
        assert [(one.reason, one.value) for one in row.problems] == [
            ("ha_person", told)
        ]


def test_person_of_home_assistant_who_is_gone() -> None:
    """A file that says again what is kept changes nothing, and is taken."""
    bob = Person(id="b", name="Bob", ha_person="person.gone")
    text = "name,ha person\nBob,person.gone\n"
    assert read(text, bob).counts() == {"same": 1}
    assert reasons(read(text)) == [["ha_person"]]


def test_as_excel_saves_it() -> None:
    """Windows-1252 with semicolons: names are whole, and it is told how it was read."""
    report = read("Name;ID\nZoë Müller;7\n".encode("cp1252"))
    assert [one.name for one in report.people] == ["Zoë Müller"]
    assert report.encoding == "windows-1252"


def test_from_a_workbook() -> None:
    """Excel's numbers and dates are what they look like."""
    data = write_xlsx(
        [
            Sheet(
                "People",
                ["Employee ID", "Full name", "From"],
                [[13, "Bob", Date(2026, 1, 5)]],
            )
        ]
    )
    (person,) = read(data).people
    assert (person.external_id, person.name) == ("13", "Bob")
    assert person.valid_from == Date(2026, 1, 5)


def test_who_is_known() -> None:
    """By external id, with or without zeros; what has no column stays."""
    report = read("id,name\n012,Amina H. Hassan\n", AMINA)
    assert report.counts() == {"update": 1}
    (person,) = report.people
    assert person.id == "p1"
    assert person.name == "Amina H. Hassan"
    assert (person.groups, person.cards) == (("5A",), frozenset({77}))


def test_who_is_known_by_name() -> None:
    """Without an external id, by the name as people write it."""
    report = read("name,class\namina hassan,6A\n", AMINA)
    (person,) = report.people
    assert (person.id, person.groups) == ("p1", ("6A",))


def test_number_for_who_has_none() -> None:
    """Who is known by name and has no number yet gets it, and is no second person."""
    report = read("name,id\nBob,1001\n", Person(id="b", name="Bob"))
    assert [(one.id, one.external_id) for one in report.people] == [("b", "1001")]
    (row,) = report.rows
    assert (row.action, row.changes) == (
        "update",
        (Changed("external_id", "", "1001"),),
    )


def test_number_for_whom_nobody_knows() -> None:
    """Not by a name that is somebody's of another number, or of two without one."""
    unnumbered = [Person(id=f"b{number}", name="Bob") for number in range(2)]
    for known in (
        [Person(id="b", name="Bob", external_id="7")],
        unnumbered,
    ):
        report = read("name,id\nBob,1001\n", *known)
        assert report.counts() == {"add": 1}
    two = read("name,id\nBob,1001\nBob,1002\n", unnumbered[0])
    assert reasons(two) == [[], ["name_twice"]]


def test_two_of_one_name() -> None:
    """Only numbers tell that they are two; twins do not come into being by themselves."""
    assert reasons(read("name\nBob Ross\nbob ross\n")) == [[], ["name_again"]]
    assert reasons(read("name\nAmina Hassan\nAmina Hassan\n", AMINA)) == [
        [],
        ["name_again"],
    ]
    one_number = read("name,id\nBob,\nBob,7\n")
    assert reasons(one_number) == [[], ["name_again"]]
    assert one_number.rows[1].problems[0].value == "2"
    assert read("name,id\nBob,8\nBob,7\n").counts() == {"add": 2}


def test_nothing_changes() -> None:
    """The same file twice does nothing the second time."""
    text = "name,id,groups,card,user id\nAmina Hassan,12,5A,77,5\n"
    first = read(text, AMINA)
    assert (first.counts(), first.people) == ({"same": 1}, ())
    assert first.mappings == (Mapping("S1", "5", "p1"), Mapping("S2", "5", "p1"))
    again = read(text, AMINA, mappings=first.mappings)
    assert again.mappings == ()


def test_an_empty_cell_empties() -> None:
    """A column that is there says what is, also that there is nothing."""
    (person,) = read("name,id,groups,card\nAmina Hassan,12,,\n", AMINA).people
    assert (person.groups, person.cards) == ((), frozenset())


@pytest.mark.parametrize(
    ("row", "reason", "value"),
    [
        (",7,,,,,,", "name_missing", ""),
        ("Bob,7,pirate,,,,,", "kind_unknown", "pirate"),
        ("Bob,7,,,,5|77,,", "card_taken", ""),
        ("Bob,7,,soon,,,,", "date", "soon"),
        ("Bob,7,,2026-02-30,,,,", "date", "2026-02-30"),
        ("Bob,7,,2026-02-02,2026-02-01,,,", "dates_order", "2026-02-01"),
        ("Bob,7,,,,12a,,", "card_number", ""),
        ("Bob,7,,,,4294967296,,", "card_number", ""),
        ("Bob,7,,,,77,,", "card_taken", ""),
        ("Bob,7,,,,,9,Cellar", "terminal_unknown", "Cellar"),
        ("Bob,7,,,,,5,Hall", "mapping_taken", "5"),
        ("Bob,7,,,,,,,extra", "columns", ""),
        ("Zoe,12,,,,,,", "id_twice", "2"),
        ("Bob,7,,,,,8,Hall", "mapping_twice", "2"),
        ("Ali,,,,,,,", "name_twice", "Ali"),
    ],
)
def test_refused(row: str, reason: str, value: str) -> None:
    """One bad row, and nothing is taken; it is named by number, and no card told."""
    ali = [Person(id=f"a{number}", name="Ali") for number in range(2)]
    report = read(
        "name,id,kind,from,until,card,user id,terminal\n"
        "Amina Hassan,12,staff,,,77,8,Hall\n"
        f"{row}\n",
        AMINA,
        *ali,
        mappings=(Mapping("S2", "5", "p9"),),
    )
    assert not report.is_good
    assert (report.people, report.mappings) == ((), ())
    good, bad = report.rows
    assert (good.number, good.problems) == (2, ())
    assert (bad.number, bad.action) == (3, "refused")
    assert [(one.reason, one.value) for one in bad.problems] == [(reason, value)]
    assert "4294967296" not in repr(report)


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        (
            "Bob,7,pirate,soon,2026-02-30,77,9,Cellar",
            ["kind_unknown", "date", "date", "terminal_unknown", "card_taken"],
        ),
        (
            ",12,,2026-02-02,2026-02-01,4a|77,8,Hall",
            ["name_missing", "dates_order", "card_number", "id_twice", "mapping_twice"],
        ),
        # At both terminals.
        ("Bob,7,pirate,,,,5,", ["kind_unknown", "mapping_taken"]),
        ("Amina Hassan,,,,,12a,8,", ["card_number", "name_again", "mapping_twice"]),
        # It is about who has that name, and about whose number it has.
        ("Ali,12,,soon,,,,", ["date", "id_twice"]),
        (
            "Ali,,pirate,,,77,5,",
            ["name_twice", "kind_unknown", "card_taken", "mapping_taken"],
        ),
    ],
)
def test_all_that_is_wrong(row: str, problems: list[str]) -> None:
    """A row with several problems tells all of them, each once, and no row besides."""
    ali = [Person(id=f"a{number}", name="Ali") for number in range(2)]
    report = read(
        "name,id,kind,from,until,card,user id,terminal\n"
        "Amina Hassan,12,staff,,,77,8,\n"
        f"{row}\n"
        "Zoe,13,,,,,,\n",
        AMINA,
        *ali,
        mappings=(Mapping("S1", "5", "p9"), Mapping("S2", "5", "p9")),
    )
    assert reasons(report) == [[], problems, []]


def test_what_is_wrong_keeps_nothing_back() -> None:
    """What a row gives away is free for others, whatever else is wrong with it."""
    report = read("name,id,kind,card\nAmina Hassan,12,pirate,12a\nBob,7,,77\n", AMINA)
    assert reasons(report) == [["kind_unknown", "card_number"], []]


def test_rows_without_a_name() -> None:
    """They are not the same row; one whose cells were shifted says nothing of others."""
    report = read("name,id\n,5\n,6\nBob,5,extra\nZoe,7\n")
    assert reasons(report) == [["name_missing"], ["name_missing"], ["columns"], []]


def test_rows_are_numbered_as_people_see_them() -> None:
    """Empty lines count."""
    report = read("name\n\n\nBob\n")
    assert [row.number for row in report.rows] == [4]


def test_ids_within_the_file() -> None:
    """Two new people cannot have one id, however it is written."""
    report = read("name,id\nBob,5\nZoe,05\n")
    (problem,) = report.rows[1].problems
    assert (problem.reason, problem.value) == ("id_twice", "2")


def test_cards_within_the_file() -> None:
    """Two people cannot have one card."""
    report = read("name,card\nBob,5\nZoe,5\n")
    assert [one.reason for one in report.rows[1].problems] == ["card_taken"]


def test_links_within_the_file() -> None:
    """Two people cannot be one person of Home Assistant, nor one who is there already."""
    amina = Person(id="a1", name="Amina", ha_person="person.amina")
    report = read(
        "name,ha_person\nAmina,person.amina\nBob,person.bob\nZoe,person.Bob\n"
        "Chen,person.amina\nDina,\nEve,\n",
        amina,
    )
    assert [[one.reason for one in row.problems] for row in report.rows] == [
        [],
        [],
        ["ha_person_taken"],
        ["ha_person_taken"],
        [],
        [],
    ]


def test_what_is_handed_over() -> None:
    """A card, a link and a user go from one to another in one file."""
    amina = Person(id="a", name="Amina", ha_person="person.x", cards=frozenset({5}))
    bob = Person(id="b", name="Bob", ha_person="person.y", cards=frozenset({6}))
    mappings = (Mapping("S1", "1", "a"), Mapping("S1", "2", "b"))
    text = (
        "name,card,ha person,user id,terminal\n"
        "Amina,6,person.y,2,Main gate\nBob,5,person.x,1,Main gate\n"
    )
    report = read(text, amina, bob, mappings=mappings)
    assert reasons(report) == [[], []]
    assert {one.id: (one.cards, one.ha_person) for one in report.people} == {
        "a": (frozenset({6}), "person.y"),
        "b": (frozenset({5}), "person.x"),
    }
    assert report.mappings == (Mapping("S1", "2", "a"), Mapping("S1", "1", "b"))


def test_what_nobody_gives_away() -> None:
    """Of whom a file does not say that they have another one, nothing is taken."""
    amina = Person(id="a", name="Amina", ha_person="person.x", cards=frozenset({5}))
    mappings = (Mapping("S1", "1", "a"),)
    for head, cells in (
        ("card", "5"),
        ("ha person", "person.x"),
        ("user id", "1"),
    ):
        for file in (
            f"name,{head}\nBob,{cells}\n",
            f"name,{head}\nBob,{cells}\nAmina,{cells}\n",
        ):
            assert not read(file, amina, mappings=mappings).is_good, file
    report = read("name,user id\nBob,1\nAmina,\n", amina, mappings=mappings)
    assert reasons(report) == [["mapping_taken"], []]


def test_terminals_of_one_name() -> None:
    """Their name means neither, their serial numbers do; without one all are meant."""
    terminals = {"S1": "Main gate", "S2": "main gate", "S3": "S1"}
    text = "name,user id,terminal\nBob,9,Main gate\nZoe,8,s2\nAli,7,S1\nEve,6,\n"
    report = read(text, terminals=terminals)
    assert reasons(report) == [["terminal_twice"], [], [], []]
    assert [[one.serial for one in row.mappings] for row in report.rows] == [
        [],
        ["S2"],
        ["S1"],
        ["S1", "S2", "S3"],
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("\n\n", "empty"), ("id,kind\n1,staff\n", "no_name")],
)
def test_no_table(text: str, reason: str) -> None:
    """Without a column of names there is nothing to read."""
    with pytest.raises(SheetUnreadable) as refused:
        read(text)
    assert refused.value.reason == reason


@given(
    st.lists(
        st.tuples(
            st.text(max_size=8), st.text("0123a", max_size=3), st.text(max_size=6)
        ),
        max_size=6,
    )
)
def test_all_or_nothing(rows: list[tuple[str, str, str]]) -> None:
    """Whatever the rows say, each is reported, and the result is whole or empty."""
    data = write_xlsx([Sheet("s", ["name", "id", "kind"], [("Bob", "", ""), *rows])])
    report = read(data)
    if not report.is_good:
        assert report.people == ()
        assert any(row.problems for row in report.rows)
        return
    again = read(data, *report.people)
    assert again.counts().keys() <= {"same", "refused"}
