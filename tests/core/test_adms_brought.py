"""The records that a terminal brings, and what is remembered of how it counts."""

import json

from hypothesis import given, strategies as st

from custom_components.syncid.core.adms.brought import DAY, Records
from custom_components.syncid.core.adms.content import Upload
from custom_components.syncid.core.adms.state import TerminalState
from custom_components.syncid.core.times import text_second

from .adms_kit import Talk

TIME = "2026-03-12 08:05:00"
EIGHT = text_second(TIME) or 0


def records(body: str, *, times: int = 1, table: str = "ATTLOG") -> Records:
    """Return the records of an upload that came so often."""
    found = Records()
    for _ in range(times):
        found.hear(Talk().upload(table, body.encode()))
    return found


def test_double_taps() -> None:
    """Of what somebody does within a second, each is a record."""
    body = f"7\t{TIME}\t0\t1\n7\t{TIME}\t0\t1\n7\t{TIME}\t1\t15\n8\t{TIME}\t0\t1\n"
    found = records(body, times=2)
    assert len(found) == 4
    assert found.days(EIGHT, EIGHT) == {EIGHT // DAY: 4}
    assert found.days(EIGHT + 1, EIGHT + DAY).total() == 0


def test_rows_that_are_no_punch() -> None:
    """They have their time where others have it, or may be of the last day."""
    found = records(f"\t{TIME}\t0\t1\n7\tnever\t0\t1\nwhatever\n")
    assert len(found) == 3
    last = EIGHT + 2 * DAY
    assert found.days(0, last) == {EIGHT // DAY: 1, last // DAY: 2}


def test_events_at_doors() -> None:
    """They are records of an access terminal's log, and come as they happen besides."""
    door = f"time={TIME}\tpin=0\tevent=200\teventaddr=1\tindex=3\n"
    punch = f"time={TIME}\tpin=7\tevent=0\teventaddr=1\tindex=4\n"
    found = records(door + punch, table="transaction")
    assert len(found) == 2
    found.hear(Talk().upload("rtlog", punch.encode()))
    found.hear(Talk().upload("rtlog", door.encode()))
    assert len(found) == 2
    later = punch.replace("pin=7", "pin=8")
    found.hear(Talk().upload("rtlog", later.encode()))
    assert len(found) == 3


def test_other_tables() -> None:
    """What is no record of the log is not counted."""
    found = records("nonsense\n", table="OPERLOG")
    found.hear(Upload("attlog", 1, is_pack=True))
    assert len(found) == 0


@given(st.dictionaries(st.integers(20_000, 20_030), st.integers(-9, 9)))
def test_what_is_remembered(days: dict[int, int]) -> None:
    """How a terminal counts each day is known by what came last, and kept as JSON."""
    state = TerminalState(serial="X").with_differences({20_000: 5})
    state = state.with_differences(days)
    assert state.difference(0, 20_030 * DAY) == sum(days.values())
    one = 20_015 * DAY + 7
    assert state.difference(one, one) == days.get(20_015, 0)
    assert TerminalState.from_json(json.loads(json.dumps(state.as_json()))) == state


def test_no_more_than_that() -> None:
    """It is not remembered without end; of too many days, the latest are."""
    state = TerminalState(serial="X").with_differences(dict.fromkeys(range(500), 1))
    assert len(state.differences) < 50
    assert state.difference(499 * DAY, 499 * DAY) == 1
