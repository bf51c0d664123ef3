"""The calendar of all people: shifts, holidays, and who is away."""

from datetime import date as Date, timedelta

from custom_components.syncid.core.attendance.agenda import Occasion, agenda
from custom_components.syncid.core.attendance.marks import Brief
from custom_components.syncid.core.attendance.schedule import Entry, Rules, day_number
from custom_components.syncid.core.people import Directory, Mapping, Person

from .kit import seconds, shift

MONDAY = Date(2026, 11, 2)
TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY - timedelta(days=1)
EARLY = shift(id="early", name="Early", start="6:00", end="14:00")
NIGHT = shift(id="night", name="Night", start="22:00", end="6:00")
STAFF = tuple(
    Person(id=f"p{number}", name=name, groups=groups)
    for number, (name, groups) in enumerate(
        [("Amina", ()), ("Bruno", ("night",)), ("Chen", ("night",)), ("Dora", ())]
    )
)
RULES = Rules(
    default=shift(start="8:00", end="16:00", days=frozenset(range(5))),
    shifts=(EARLY, NIGHT),
    of_person={"p0": "early"},
    of_group={"night": "night"},
    of_terminal={"side": "early"},
)
SITE = Directory(STAFF, [])


def at(day: Date, time: str) -> int:
    """Return a second of the wall clock."""
    return day_number(day) * 86_400 + seconds(time)


def test_shifts() -> None:
    """Who works the same shift is in one event; a night ends on the day after."""
    assert agenda(RULES, SITE, SUNDAY, MONDAY) == [
        # Shifts without working days of their own are worked on each.
        *shifts_of(SUNDAY)[1:],
        *shifts_of(MONDAY),
    ]


def shifts_of(day: Date) -> list[Occasion]:
    """Return the shifts of a day on which all of them are worked."""
    return [
        Occasion("shift", day, ("p3",), "", "", at(day, "8:00"), at(day, "16:00")),
        Occasion(
            "shift", day, ("p0",), "Early", "early", at(day, "6:00"), at(day, "14:00")
        ),
        Occasion(
            "shift",
            day,
            ("p1", "p2"),
            "Night",
            "night",
            at(day, "22:00"),
            at(day, "30:00"),
        ),
    ]


def test_shift_of_a_terminal() -> None:
    """A shift may come from the terminal that knows somebody."""
    directory = Directory(STAFF[3:], [Mapping("side", "4", "p3")])
    (found,) = agenda(RULES, directory, MONDAY, MONDAY)
    assert (found.shift_id, found.people) == ("early", ("p3",))


def test_rota_and_leave() -> None:
    """Who has a rota, or leave, is planned alone; leave is shown, not worked."""
    rules = Rules(
        shifts=(EARLY,),
        of_group={"night": "early"},
        of_person={"p0": "early"},
        rota={("p1", MONDAY): None},
        entries=(
            Entry(who="p2", kind="leave", first=MONDAY, last=TUESDAY),
            Entry(who="p0", kind="excuse", first=TUESDAY, last=TUESDAY),
        ),
    )
    found = agenda(rules, SITE, MONDAY, TUESDAY)
    assert [(one.kind, one.date, one.people) for one in found] == [
        ("on_leave", MONDAY, ("p2",)),
        ("shift", MONDAY, ("p0",)),
        ("on_leave", TUESDAY, ("p2",)),
        ("excused", TUESDAY, ("p0",)),
        ("shift", TUESDAY, ("p1",)),
    ]


def test_several_teams_in_one_shift() -> None:
    """Who is planned alone and who is not may work the same shift."""
    rules = Rules(default=EARLY, rota={("p1", TUESDAY): None})
    found = agenda(rules, SITE, MONDAY, TUESDAY)
    assert [{*one.people} for one in found] == [
        {"p0", "p1", "p2", "p3"},
        {"p0", "p2", "p3"},
    ]


def test_planned_alike_is_as_planned_alone() -> None:
    """Who shares a plan would have the same one alone."""
    rules = Rules(
        default=EARLY,
        rota={("night", TUESDAY): None},
        entries=(Entry(who="p3", kind="leave", first=MONDAY, last=MONDAY),),
    )
    people = (
        *STAFF,
        Person(id="p4", name="Emil", valid_from=TUESDAY),
        Person(id="p5", name="Fina", valid_until=MONDAY, groups=("night", "x")),
        Person(id="p6", name="Gil", groups=("x",)),
    )
    together = agenda(rules, Directory(people, []), SUNDAY, TUESDAY)
    alone = [
        found
        for one in people
        for found in agenda(rules, Directory([one], []), SUNDAY, TUESDAY)
    ]
    assert {
        (one.kind, one.date, person) for one in together for person in one.people
    } == {(one.kind, one.date, person) for one in alone for person in one.people}
    assert {one.kind for one in alone} == {"shift", "on_leave"}


def test_holidays() -> None:
    """On a holiday nobody is expected, and it has its name."""
    rules = Rules(default=EARLY, holidays={MONDAY: "All Souls"})
    assert agenda(rules, SITE, MONDAY, MONDAY) == [
        Occasion("holiday", MONDAY, name="All Souls")
    ]


def test_marks_before_plans() -> None:
    """What a mark says of a day counts, and not what was planned."""
    rules = Rules(entries=(Entry(who="p2", kind="excuse", first=MONDAY, last=TUESDAY),))
    told = [
        Brief("p2", MONDAY, "present", False),
        Brief("p0", MONDAY, "absent", True),
        Brief("p1", MONDAY, "on_leave", True),
        Brief("gone", MONDAY, "absent", True),
    ]
    found = agenda(rules, SITE, MONDAY, TUESDAY, told)
    assert [(one.kind, one.date, one.people) for one in found] == [
        ("absent", MONDAY, ("p0",)),
        ("on_leave", MONDAY, ("p1",)),
        ("excused", TUESDAY, ("p2",)),
    ]


def test_without_times() -> None:
    """A shift without start and end is no event."""
    assert agenda(Rules(), SITE, SUNDAY, TUESDAY) == []
    assert agenda(RULES, Directory([], []), SUNDAY, TUESDAY) == []
