"""What holds of every day, whatever the rules and whoever punches when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date, timedelta
from itertools import pairwise

from hypothesis import assume, given, strategies as st

from custom_components.syncid.core.attendance.day import (
    Courts,
    Subject,
    days_of,
    mark_day,
    mark_days,
    reach_of,
)
from custom_components.syncid.core.attendance.marks import Mark
from custom_components.syncid.core.attendance.policy import (
    DAY,
    HOUR,
    Break,
    Rounding,
    Shift,
)
from custom_components.syncid.core.attendance.readings import Station, readings
from custom_components.syncid.core.attendance.schedule import (
    Entry,
    Roster,
    Rules,
    date_of,
    day_number,
)
from custom_components.syncid.core.records import StoredPunch

from .kit import AMINA, stored

# Around the day on which the clock is set forward in Berlin.
FIRST = Date(2026, 3, 26)
DATES = [FIRST + timedelta(days=number) for number in range(6)]
BEGIN = day_number(FIRST) * DAY
LONG_AFTER = BEGIN + 20 * DAY
STATIONS = (
    Station(serial="hall", zone="Europe/Berlin"),
    Station(serial="in", zone="Europe/Berlin", direction="in_only"),
    Station(serial="out", zone="Europe/London", direction="out_only"),
)
READ = tuple(replace(one, delivered_until=LONG_AFTER) for one in STATIONS)

times = st.integers(0, 95).map(lambda quarter: quarter * 900)
windows = st.tuples(times, times)
durations = st.sampled_from([0, 60, 300, HOUR, 4 * HOUR])


@st.composite
def shifts(draw: st.DrawFn, name: str = "", *, keys: bool = True) -> Shift:
    """Return any shift that makes sense."""
    has_in, has_out = draw(st.booleans()), draw(st.booleans())
    absent, half = sorted([draw(durations), draw(durations)])
    return Shift(
        id=name,
        start=draw(st.none() | times),
        end=draw(st.none() | times),
        days=draw(st.frozensets(st.integers(0, 6), min_size=3)),
        grace_late=draw(durations),
        grace_early=draw(durations),
        # Windows of a day, not longer: others are refused.
        in_window=draw(windows.map(_sorted)) if has_in else None,
        out_window=draw(windows.map(_sorted)) if has_out else None,
        opens_before=draw(durations),
        closes_after=draw(durations),
        flexible=draw(st.sampled_from([0, 0, HOUR])),
        half_day_below=draw(st.none() | st.just(half)),
        absent_below=draw(st.none() | st.just(absent)),
        breaks=draw(st.sampled_from([(), (Break(12 * HOUR, 13 * HOUR),)])),
        deduct=draw(durations),
        hours=draw(st.sampled_from(["first_last", "pairs"])),
        keys=draw(st.sampled_from(["auto", "strict", "ignore"])) if keys else "auto",
        minimum_gap=draw(st.sampled_from([0, 60, 600])),
        overtime=draw(st.sampled_from(["none", "keys", "hours", "both"])),
        missing_out=draw(st.sampled_from(["none", "shift_end", "cap"])),
        cap=8 * HOUR,
        rounding=draw(
            st.sampled_from(
                [Rounding(), Rounding(arrival="up", departure="down", total="nearest")]
            )
        ),
    )


def _sorted(window: tuple[int, int]) -> tuple[int, int]:
    return min(window), max(window)


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """Return any rules."""
    other = draw(shifts("other"))
    turns = st.sampled_from(["other", None])
    rota = draw(st.dictionaries(st.sampled_from(DATES), turns, max_size=3))
    kinds = draw(st.lists(st.sampled_from(["leave", "excuse"]), max_size=2))
    return Rules(
        default=draw(shifts()),
        shifts=(other,),
        zone=draw(st.sampled_from([None, None, "Europe/Berlin", "Asia/Kolkata"])),
        rota={("p1", day): turn for day, turn in rota.items()},
        holidays={DATES[3]: "Holiday"} if draw(st.booleans()) else {},
        entries=tuple(
            Entry(
                who="p1",
                kind=kind,  # type: ignore[arg-type]
                first=DATES[number],
                last=DATES[number],
                part=draw(st.none() | st.just((8 * HOUR, 12 * HOUR))),
            )
            for number, kind in enumerate(kinds)
        ),
    )


@st.composite
def some_punches(draw: st.DrawFn, most: int = 14) -> list[StoredPunch]:
    """Return punches of some days, at any terminal, with any key."""
    return [
        stored(
            draw(st.sampled_from(STATIONS)),
            BEGIN
            + draw(st.integers(0, 6 * 24 * 12 - 1)) * 300
            + draw(st.sampled_from([0, 0, 30, 59])),
            draw(st.sampled_from([None, 0, 0, 1, 2, 3, 4, 5, 255])),
        )
        for _ in range(draw(st.integers(0, most)))
    ]


def marks(
    held: Rules,
    punches: Sequence[StoredPunch],
    stations: Sequence[Station] = READ,
    now: int = LONG_AFTER,
) -> list[Mark]:
    """Return the marks of all the days."""
    return mark_days(
        held, AMINA, DATES[0], DATES[-1], punches, stations=stations, now=now
    )


@given(rules(), some_punches(), st.randoms(use_true_random=False))
def test_order_and_doubling(held: Rules, punches: list[StoredPunch], source) -> None:  # type: ignore[no-untyped-def]
    """The order of delivery, and what comes twice, never change a final mark."""
    told = marks(held, punches)
    assert all(one.final for one in told)
    again = [*punches, *source.choices(punches, k=5)] if punches else []
    source.shuffle(again)
    assert marks(held, again) == told


@given(rules(), some_punches(), st.data())
def test_incremental(
    held: Rules, punches: list[StoredPunch], data: st.DataObject
) -> None:
    """Computing the days that each batch touches gives what computing all anew does."""
    begin = len(punches)
    kept = {one.date: one for one in marks(held, [])}
    cuts = sorted(data.draw(st.lists(st.integers(0, begin), max_size=3)))
    edges = [0, *cuts, begin]
    for start, stop in pairwise(edges):
        batch = punches[start:stop]
        ledger = punches[:stop]
        for _, date in days_of(held, AMINA, batch, stations=STATIONS):
            first, last = reach_of(held, AMINA, date, stations=STATIONS)
            read = [one for one in ledger if first <= one.punch.local_second < last]
            kept[date] = mark_day(
                held, AMINA, date, read, stations=READ, now=LONG_AFTER
            )
    told = {one.date: one for one in marks(held, punches)}
    assert {date: kept[date] for date in told} == told


@given(rules(), some_punches())
def test_one_day_is_as_all_days(held: Rules, punches: list[StoredPunch]) -> None:
    """A day by itself, from its reach alone, is the same as in a row of days."""
    for one in marks(held, punches):
        first, last = reach_of(held, AMINA, one.date, stations=STATIONS)
        read = [each for each in punches if first <= each.punch.local_second < last]
        assert one == mark_day(
            held, AMINA, one.date, read, stations=READ, now=LONG_AFTER
        )


@given(rules(), some_punches(), st.data())
def test_earlier_is_never_later(
    held: Rules, punches: list[StoredPunch], data: st.DataObject
) -> None:
    """Another punch, earlier than the first in, never makes somebody later."""
    told = {one.date: one for one in marks(held, punches)}
    seen = [one for one in told.values() if one.first_in is not None]
    if not seen:
        return
    day = data.draw(st.sampled_from(seen))
    assert day.first_in is not None
    # By the clock of the hall, whatever the shifts are judged by.
    early = day.first_in.utc - data.draw(st.integers(1, 20)) * 300
    first = stored(STATIONS[0], early + 2 * HOUR, None)
    first = first._replace(utc_second=early)
    first = first._replace(punch=first.punch._replace(local_second=_berlin(early)))
    # Without a zone of the site each terminal's own clock judges, and a hall's may
    # show more than that of the door where somebody is a moment later.
    assume(held.zone is not None or _berlin(early) < day.first_in.wall)
    for one in marks(held, [*punches, first]):
        before = told[one.date]
        if before.first_in is not None and one.first_in is not None:
            assert one.late_by <= before.late_by
            assert one.first_in <= before.first_in


def _berlin(utc: int) -> int:
    """Return what the clock in the hall shows: it is set forward on the 29th."""
    change = day_number(Date(2026, 3, 29)) * DAY + HOUR
    return utc + (2 * HOUR if utc >= change else HOUR)


@given(
    rules(),
    some_punches(),
    st.integers(-DAY, 8 * DAY),
    st.lists(st.none() | st.integers(-DAY, 8 * DAY), min_size=3, max_size=3),
)
def test_absent_or_on_site(
    held: Rules, punches: list[StoredPunch], after: int, read: list[int | None]
) -> None:
    """Nobody is both, at any moment; nobody is absent before all was delivered."""
    stations = [
        replace(one, delivered_until=None if until is None else BEGIN + until)
        for one, until in zip(STATIONS, read, strict=True)
    ]
    for one in marks(held, punches, stations, BEGIN + after):
        assert not (one.status == "absent" and one.is_on_site)
        assert one.status != "absent" or one.final
        assert not (one.final and one.is_on_site)
        if one.final:
            assert None not in read


@given(rules(), some_punches())
def test_sane_figures(held: Rules, punches: list[StoredPunch]) -> None:
    """Nothing lasts less than nothing, or longer than a punch was away from another."""
    for one in marks(held, punches):
        assert min(one.late_by, one.early_by, one.worked, one.overtime) >= 0
        assert one.breaks >= 0
        assert one.worked + one.breaks <= 3 * DAY
        if one.first_in and one.last_out and "missing_in" not in one.flags:
            assert one.first_in.utc <= one.last_out.utc
        assert (one.status == "late") <= (one.late_by > 0)
        assert one.reasons
        assert one.explain()
        if one.status in ("present", "late", "half_day") and not one.first_in:
            assert "missing_in" in one.flags


@given(rules(), some_punches())
def test_every_punch_is_somewhere(held: Rules, punches: list[StoredPunch]) -> None:
    """No punch is lost: each touches exactly one day."""
    for one in punches:
        assert len(days_of(held, AMINA, [one], stations=STATIONS)) == 1


@given(shifts(), st.integers(0, 40 * DAY))
def test_one_owner(one: Shift, second: int) -> None:
    """A second is in the span of one day at most, on each side."""
    roster = Roster(Rules(default=one), AMINA, [])
    wall = BEGIN + second
    number = wall // DAY
    for side in range(3):
        held = [
            day
            for day in range(number - 2, number + 3)
            if roster.span(day).begins[side]
            <= wall - day * DAY
            < roster.span(day).ends[side]
        ]
        assert len(held) <= 1
        assert roster.owner(wall, side) == ((held or [number])[0], bool(held))
        assert abs((date_of(number) - date_of((held or [number])[0])).days) <= 1


@given(rules(), some_punches(), st.integers(0, 7 * 24).map(lambda hour: hour * HOUR))
def test_how_they_are_left(held: Rules, punches: list[StoredPunch], after: int) -> None:
    """How the last day left somebody is what the last mark says on which they were."""
    now = BEGIN + after
    stations = [replace(one, delivered_until=now) for one in STATIONS]
    known = {one.serial: one for one in stations}
    told = readings(punches, known, held.zone)
    amina = Subject(Roster(held, AMINA, [*known]), (), told)
    standing = Courts(known, now).last_standing(amina, DATES[0], DATES[-1])
    seen = [
        one for one in marks(held, punches, stations, now) if one.presence != "not_in"
    ]
    assert (standing is None) == (not seen)
    if standing is not None:
        mark = seen[-1]
        # One that does not count for the mark was there all the same.
        assert mark.first_in in (standing.first_in, None)
        # Whom the marks call absent nobody counts as there; a roll call does.
        if mark.status != "absent":
            assert standing.presence == mark.presence
            assert standing.unseen_since == mark.unseen_since
