"""What the clock alone says of marks: who should be in by now, and which day still counts."""

from collections.abc import Iterable, Mapping

from .attendance.closeout import is_over
from .attendance.marks import Mark
from .attendance.policy import DAY
from .attendance.schedule import Roster, day_number
from .case import Case

# Said of a day on which nothing happened yet.
_NOTHING_YET = frozenset({"expected", "day_off", "holiday"})


def awaited(case: Case, marks: Iterable[Mark]) -> list[Mark]:
    """Return those marks of whose shift has begun, with its grace, without them."""
    found = []
    for mark in marks:
        if mark.status != "expected" or mark.final or mark.is_on_site:
            continue
        stations = [
            one for one in case.stations_of(mark.person_id) if one.tells_of_days
        ]
        person = case.directory.people.get(mark.person_id)
        if not stations or person is None:
            continue  # nothing would tell of them
        roster = Roster(case.rules, person, [one.serial for one in stations])
        plan = roster.plan(day_number(mark.date))
        if plan.start is None or plan.off or plan.away:
            continue
        due = plan.start + plan.shift.flexible + plan.shift.grace_late
        zone = case.rules.zone
        if is_over(due, stations, zone, case.now) and not is_over(
            plan.ends, stations, zone, case.now
        ):
            found.append(mark)
    return found


def says_more(following: Mark | None) -> bool:
    """Tell whether more is known of a day than that somebody is expected, or off."""
    return following is not None and (
        following.is_on_site
        # Who only went, by a punch that does not count, went on the day before.
        or following.first_in is not None
        or following.last_out is not None
        or following.status not in _NOTHING_YET
    )


def still_counts(case: Case, mark: Mark, following: Mark | None, now: int) -> bool:
    """Tell whether a day is what is to be said of somebody after its midnight.

    Of a night that goes on or ended then, and of a day that could not be said before
    then to be an absence: until the next shift opens, or somebody says more of the next.
    """
    person = case.directory.people.get(mark.person_id)
    if person is None or says_more(following):
        return False
    left = mark.last_out is not None and mark.presence == "left"
    is_absent = mark.status == "absent" and mark.final
    if not (left or is_absent or mark.is_on_site):
        return False
    number = day_number(mark.date) + 1
    midnight = number * DAY
    stations = case.stations_of(person.id)
    roster = Roster(case.rules, person, [one.serial for one in stations])
    night = roster.plan(number - 1)
    ended = night.ends
    if left and mark.last_out is not None:
        ended = mark.last_out.wall
    if ended < midnight:
        return False
    # Who forgot to check out of a day is at no night's work.
    if mark.is_on_site and (night.shift.end is None or night.shift.end <= DAY):
        return False
    plan = roster.plan(number)
    opens = midnight + plan.shift.claim[0]
    if plan.off:
        opens = midnight + DAY
    elif plan.shift.end is None and plan.start is not None:
        opens = plan.start
    return not is_over(opens, stations, case.rules.zone, now)


def lasting(
    case: Case, before: Mapping[str, Mark], today: Mapping[str, Mark]
) -> set[str]:
    """Return whose marks of the day before still count, by person."""
    return {
        person_id
        for person_id, mark in before.items()
        if still_counts(case, mark, today.get(person_id), case.now)
    }
