"""Where people were at a moment: on any ledger what the rule of a roll call says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, override
from unittest.mock import ANY

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.day import mark_days
from custom_components.syncid.core.attendance.policy import HOUR, Shift
from custom_components.syncid.core.attendance.readings import utc_of
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.case import Case
from custom_components.syncid.core.codes import DirectionOption, direction_of
from custom_components.syncid.core.ledger.queries import PunchQuery
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import Batch, Punch, Punches, StoredPunch
from custom_components.syncid.core.whereabouts import Whereabouts

from .book_kit import DAY, EIGHT, Site, at
from .kit import ZONE, open_ledger

_ONE_DAY = timedelta(days=1)
_HALF_HOUR = 1800
_NIGHT = Shift(start=22 * HOUR, end=6 * HOUR)

# Half hours from now: so few that some are the same one.
around = st.integers(-64, 16)
# Terminal, when, and the state key.
punches = st.lists(
    st.tuples(
        st.sampled_from("AAB"), around, st.sampled_from([None, None, 0, 0, 1, 2, 3])
    ),
    min_size=1,
    max_size=5,
    # At a terminal somebody has one punch in a second.
    unique_by=lambda one: one[:2],
)
words = st.lists(
    st.tuples(st.sampled_from(["add_punch", "void_punch", "mark"]), around), max_size=2
)
# Many, since a ledger takes longer than what is asked of it.
people = st.lists(
    st.tuples(punches, st.just([]) | st.just([]) | words), min_size=9, max_size=9
)


class AnySite(Site):
    """A site whose second terminal may be one where nobody comes or goes."""

    direction: DirectionOption = "auto"

    @property
    @override
    def case(self) -> Case:
        """Return what the marks depend on."""
        case = super().case
        second = replace(case.stations["B"], direction=self.direction)
        return replace(case, stations={**case.stations, "B": second})


def by_the_rule(
    site: AnySite, person_id: str, said: Sequence[Correction], moment: int
) -> Any:
    """Return where a person was, each sentence of the rule for itself.

    Who was seen is where the last day left them of those on which they were seen, by
    what was punched until then. That a day is over sends nobody home for a day. Of those
    with punches that no window holds, examples say when they came and whether they forgot.
    """
    case = site.case
    users = case.directory.users_of(person_id)
    made: list[StoredPunch] = sorted(
        (
            one
            for one in site.ledger.punches(PunchQuery())
            if (one.serial, one.punch.user_id) in users
        ),
        key=lambda one: one.utc_second,
    )
    until = [one for one in made if one.utc_second <= moment]
    known = [
        one
        for one in said
        if one.person_id == person_id and one.kind != "mark"
        if one.utc_second is None or one.utc_second <= moment
    ]
    marks = mark_days(
        case.rules,
        case.directory.people[person_id],
        case.today - _ONE_DAY,
        case.today + _ONE_DAY,
        until,
        stations=case.stations_of(person_id),
        corrections=known,
        now=moment,
    )
    seen = [one for one in marks if one.presence != "not_in"]
    if not seen:
        return None
    mark = seen[-1]
    if mark.status == "absent":
        return ANY  # by the punches alone they may be there, as examples have it
    unseen = mark.unseen_since
    is_unseen = unseen is not None and unseen > moment - 24 * HOUR
    if not (mark.is_on_site or is_unseen):
        return None
    times = [one.time for one in until]
    times += [
        StoredPunch(
            "", Punch("", second, "unknown", "unknown"), utc, "manual", None
        ).time
        for one in known
        if one.kind == "add_punch"
        for second, utc in ((one.local_second, one.utc_second),)
        if second is not None and utc is not None
    ]
    strays = "outside" in mark.flags
    return (
        "in" if is_unseen else mark.presence,
        ANY if strays and mark.first_in is None else mark.first_in,
        max(times),
        sorted(one.time for one in made if one.utc_second > moment),
        ANY if strays else unseen is not None,
    )


@given(
    people,
    st.sampled_from([EIGHT, replace(EIGHT, keys="ignore"), _NIGHT]),
    st.sampled_from(["auto", "auto", "none", "in_only"]),
    st.sampled_from([None, "Europe/London"]),
    st.integers(0, 47),
    st.integers(0, 8),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_as_the_rule_says(
    tmp_path_factory: pytest.TempPathFactory,
    told: list[tuple[list[tuple[str, int, int | None]], list[tuple[Any, int]]]],
    shift: Shift,
    direction: DirectionOption,
    zone: str | None,
    clock: int,
    ago: int,
    is_read: bool,
) -> None:
    """Whoever punched when, and whatever was said of it: also before a drill began."""
    now = at(DAY, "00:00") + clock * _HALF_HOUR
    with open_ledger(tmp_path_factory.mktemp("ledger")) as ledger:
        site = AnySite(ledger)
        site.rules, site.direction = Rules(default=shift, zone=zone), direction
        site.now = utc_of(now, ZONE)
        if is_read:
            site.read_until = dict.fromkeys("AB", site.now)
        ids = [f"p{number}" for number in range(len(told))]
        site.book.save_people(
            [Person(id=one, name="X") for one in ids],
            [Mapping(serial, one, one) for one in ids for serial in "AB"],
        )
        made = [
            (serial, Punch(one, second, direction_of(code, "auto"), "card", 2, code))
            for one, (punched, _) in zip(ids, told, strict=True)
            for serial, when, code in punched
            for second in (now + when * _HALF_HOUR,)
        ]
        for each in "AB":
            theirs = [punch for serial, punch in made if serial == each]
            ledger.ingest(Batch(each, "poll", Punches.of(theirs))).result()
        said = [
            site.book.correct(_said(kind, one, now + when * _HALF_HOUR))
            for one, (_, words) in zip(ids, told, strict=True)
            for kind, when in words
        ]
        moment = site.now - ago * _HALF_HOUR
        found = site.book.whereabouts(site.case, ids, moment)
        for one in ids:
            assert _told(found.get(one)) == by_the_rule(site, one, said, moment)


def _told(where: Whereabouts | None) -> tuple[Any, ...] | None:
    """Return the same of what was found."""
    if where is None:
        return None
    times = [one.time for one in where.since]
    last = where.last and where.last.time
    return where.presence, where.first_in, last, times, where.not_checked_out


def _said(kind: Any, person_id: str, second: int) -> Correction:
    """Return a human's word of a punch, or of a day."""
    return Correction(
        number=0,
        kind=kind,
        by="Petra",
        at=0,
        why="told so",
        person_id=person_id,
        date=DAY if kind == "mark" else None,
        status="absent" if kind == "mark" else None,
        serial="A" if kind == "void_punch" else "",
        local_second=second,
        utc_second=utc_of(second, ZONE) if kind == "add_punch" else None,
    )
