"""The ledger: every punch once, whatever happens to the file."""

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
import gc
from itertools import permutations
from pathlib import Path
import random
import shutil
import sqlite3
import threading
from typing import Any, cast

from hypothesis import given, settings, strategies as st
import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from custom_components.syncid.core.errors import CursorMoved, LedgerError, LedgerTooNew
from custom_components.syncid.core.ledger import store
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.ledger.people import save_people
from custom_components.syncid.core.ledger.queries import PunchQuery
from custom_components.syncid.core.ledger.schema import VERSION
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import (
    NO_PUNCHES,
    Batch,
    Cursor,
    Ingested,
    Punch,
    Punches,
    Source,
    Unreadable,
    local_second,
)

from .kit import open_ledger

EIGHT = local_second(datetime(2026, 3, 12, 8, 5))
ZONE = "Europe/Rome"


def punch(user_id: str = "1001", second: int = EIGHT, **details: Any) -> Punch:
    """Return a punch."""
    return Punch(
        user_id,
        second,
        details.pop("direction", "check_in"),
        details.pop("method", "fingerprint"),
        **{"verify_code": 1, "state_code": 0, "work_code": 0, **details},
    )


def cursor(
    count: int, *, complete: bool = True, met_at: int = EIGHT, past: int = 0
) -> Cursor:
    """Return a cursor behind so many records, of which so many were there before."""
    return Cursor(count, 40, bytes([count % 256]) * 40, complete, met_at, past)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger that knows terminal A."""
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        yield ledger


def ingest(ledger: Ledger, *punches: Punch, **details: Any) -> Ingested:
    """Store punches of terminal A, and wait for it."""
    batch = Batch(
        details.pop("serial", "A"),
        details.pop("source", "poll"),
        Punches.of(punches),
        **details,
    )
    return ledger.ingest(batch).result()


def stored(ledger: Ledger, **query: Any) -> list[tuple[str, int]]:
    """Return user and time of the punches that fit, newest first."""
    return [
        (found.punch.user_id, found.punch.local_second)
        for found in ledger.punches(PunchQuery(**query))
    ]


# --- once ----------------------------------------------------------------------------


def test_new_then_known(ledger: Ledger) -> None:
    """A batch is new once."""
    first, second = punch(), punch("1002", EIGHT + 5)
    outcome = ingest(ledger, second, first)
    assert [news.punch for news in outcome.news] == [first, second]
    assert (outcome.new, outcome.duplicates) == (2, 0)
    again = ingest(ledger, first, second, punch("1003"))
    assert [news.punch.user_id for news in again.news] == ["1003"]
    assert (again.new, again.duplicates) == (1, 2)
    assert len(stored(ledger)) == 3


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.integers(EIGHT, EIGHT + 4)),
            max_size=8,
        ),
        max_size=8,
    )
)
@settings(max_examples=40, deadline=None)
def test_exactly_the_new_rows(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[str, int]]]
) -> None:
    """What is returned as news is what was not there, in any overlap of batches."""
    known: set[tuple[str, int]] = set()
    with open_ledger(tmp_path_factory.mktemp("ledger")) as ledger:
        ledger.register("A", ZONE).result()
        for batch in batches:
            outcome = ingest(ledger, *(punch(*key) for key in batch))
            fresh = set(batch) - known
            assert sorted(
                (news.punch.user_id, news.punch.local_second) for news in outcome.news
            ) == sorted(fresh)
            assert outcome.new == len(fresh)
            assert outcome.duplicates == len(batch) - len(fresh)
            known |= fresh
        assert sorted(stored(ledger)) == sorted(known)


def test_the_same_batch_from_many_threads(ledger: Ledger) -> None:
    """Whoever comes first has the news; the others change nothing."""
    batch = [punch(str(number), EIGHT + number) for number in range(200)]
    start = threading.Barrier(8)
    outcomes: list[Ingested] = []

    def deliver(seed: int) -> None:
        shuffled = random.Random(seed).sample(batch, len(batch))
        start.wait()
        futures = [
            ledger.ingest(Batch("A", "push", Punches.of(shuffled[at : at + 7])))
            for at in range(0, len(shuffled), 5)
        ]
        outcomes.extend(future.result() for future in futures)

    threads = [threading.Thread(target=deliver, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    news = [one.punch.user_id for outcome in outcomes for one in outcome.news]
    assert sorted(news, key=int) == [str(number) for number in range(200)]
    assert len(stored(ledger)) == 200


def test_terminals_do_not_mix(ledger: Ledger) -> None:
    """The same user id and second at another terminal is another punch."""
    ledger.register("B", ZONE).result()
    assert ingest(ledger, punch()).new == 1
    assert ingest(ledger, punch(), serial="B").new == 1
    assert [found.serial for found in ledger.punches(PunchQuery(serials=["B"]))] == [
        "B"
    ]


# --- two roads -------------------------------------------------------------------------


def test_first_road_is_believed_the_second_noted(ledger: Ledger) -> None:
    """What a second road says otherwise of a punch is noted beside the first."""
    ingest(ledger, punch(), source="realtime")
    outcome = ingest(
        ledger,
        punch(direction="check_out", state_code=1, method="face", verify_code=15),
        source="adms",
    )
    assert (outcome.new, outcome.duplicates) == (0, 1)
    (found,) = ledger.punches(PunchQuery())
    assert found.punch == punch()
    assert found.source == "realtime"
    assert found.difference == "adms: check_out (1), face (15)"
    ingest(ledger, punch(direction="break_in"), source="push")
    assert ledger.punches(PunchQuery())[0].difference == found.difference


def test_work_code_is_added(ledger: Ledger) -> None:
    """A live event has no work code; the log adds it, and that is no difference."""
    ingest(ledger, punch(work_code=None), source="realtime")
    ingest(ledger, punch(work_code=7))
    (found,) = ledger.punches(PunchQuery())
    assert found.punch.work_code == 7
    assert found.difference is None
    ingest(ledger, punch(work_code=9))
    assert ledger.punches(PunchQuery())[0].punch.work_code == 7


BARE = punch(direction="unknown", method="unknown", verify_code=None, state_code=None)
OUT = punch(direction="check_out", state_code=1, method="face", verify_code=15)
GATE = OUT._replace(direction="check_in", state_code=None)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (BARE, OUT, OUT),
        # A key that was pressed is told by more than the gate where it was.
        (OUT._replace(state_code=None), OUT, OUT),
        (
            OUT._replace(method="unknown", verify_code=99),
            BARE._replace(method="face"),
            OUT._replace(verify_code=None),
        ),
    ],
)
def test_order_of_two_roads(
    ledger: Ledger, first: Punch, second: Punch, told: Punch
) -> None:
    """What one tells and the other does not is known, whichever comes first."""
    outcomes = [
        ingest(ledger, one._replace(user_id=user_id), source=source)
        for user_id, roads in (("1001", (first, second)), ("1002", (second, first)))
        for one, source in zip(roads, ("push", "adms"), strict=True)
    ]
    found = ledger.punches(PunchQuery())
    assert [(one.punch, one.difference) for one in found] == [
        (told._replace(user_id=user_id), None) for user_id in ("1002", "1001")
    ]
    assert [len(one.news) for one in outcomes] == [1, 0, 1, 0]
    # Known otherwise than before is what was told less of at first.
    assert [one.turned for one in outcomes[1::2]] == [
        int(first.state_code != told.state_code),
        int(second.state_code != told.state_code),
    ]


@pytest.mark.parametrize(
    ("first", "second", "told", "differences"),
    [
        # Both tell a work code.
        (
            OUT._replace(work_code=0),
            OUT._replace(work_code=3),
            (0, 3),
            (
                "adms: check_out (1), face (15), work code 3",
                "adms: check_out (1), face (15), work code 0",
            ),
        ),
        # A gate tells a direction, and the key another one.
        (
            GATE,
            OUT,
            (1, 1),
            ("poll: check_in (None), face (15)", "adms: check_in (None), face (15)"),
        ),
    ],
)
def test_difference_between_roads(
    ledger: Ledger,
    first: Punch,
    second: Punch,
    told: tuple[int, int],
    differences: tuple[str, str],
) -> None:
    """What is not believed of what both tell is noted, whichever comes first."""
    for user_id, roads in (("1001", (first, second)), ("1002", (second, first))):
        for one, source in zip(roads, ("poll", "adms"), strict=True):
            ingest(ledger, one._replace(user_id=user_id), source=source)
    found = sorted(ledger.punches(PunchQuery()), key=lambda one: one.punch.user_id)
    assert [one.difference for one in found] == [*differences]
    field = "state_code" if first is GATE else "work_code"
    assert [getattr(one.punch, field) for one in found] == [*told]


SOURCES: tuple[Source, ...] = ("realtime", "poll", "adms")


@pytest.mark.parametrize("roads", [*permutations((BARE, GATE, OUT))])
@pytest.mark.parametrize("out", [OUT, GATE._replace(direction="check_out")])
def test_difference_between_three_roads(
    ledger: Ledger, roads: tuple[Punch, ...], out: Punch
) -> None:
    """That there is one does not depend on the order, nor does one that comes again."""
    told = [out if one is OUT else one for one in roads]
    for _ in range(2):
        for one, source in zip(told, SOURCES, strict=True):
            ingest(ledger, one, source=source)
        (found,) = ledger.punches(PunchQuery())
        assert found.difference is not None
        assert f": {found.punch.direction} " not in found.difference


def test_two_roads_in_one_batch(ledger: Ledger) -> None:
    """What is news is told of with all that is known."""
    outcome = ingest(ledger, BARE, OUT)
    assert [one.punch for one in outcome.news] == [OUT]


def test_twice_in_one_second_of_one_batch(ledger: Ledger) -> None:
    """The first is kept, and the second noted."""
    outcome = ingest(ledger, punch(), punch(direction="check_out", state_code=1))
    assert (outcome.new, outcome.duplicates) == (1, 1)
    (found,) = ledger.punches(PunchQuery())
    assert found.punch.direction == "check_in"
    assert found.difference == "poll: check_out (1), fingerprint (1)"


def test_difference_in_the_past(ledger: Ledger) -> None:
    """A first read notes differences as well."""
    ingest(ledger, punch(), source="realtime")
    outcome = ingest(
        ledger,
        punch(direction="check_out", state_code=1),
        punch("1002"),
        cursor=cursor(2, met_at=EIGHT + 60, past=2),
    )
    assert (outcome.news, outcome.new, outcome.duplicates) == ((), 1, 1)
    assert ledger.punches(PunchQuery(user_id="1001"))[0].difference is not None


# --- history ------------------------------------------------------------------------------


HOUR = 3600


@pytest.mark.parametrize("wrong", [0, -26 * 365 * 24 * HOUR, 5 * HOUR])
def test_history_is_not_news(ledger: Ledger, wrong: int) -> None:
    """What the log had when we met is no news, whatever the clock showed then."""
    meeting = cursor(2, complete=False, met_at=EIGHT + wrong, past=3)
    first = ingest(
        ledger, punch(second=EIGHT - 60), punch("1002", EIGHT - 90), cursor=meeting
    )
    assert (first.news, first.new) == ((), 2)
    past = cursor(3, complete=False, met_at=EIGHT + wrong, past=3)
    second = ingest(
        ledger, punch("1003", EIGHT + 99 * HOUR), since=meeting, cursor=past
    )
    assert (second.news, second.new) == ((), 1)
    rest = cursor(4, met_at=EIGHT + wrong, past=3)
    third = ingest(ledger, punch("1004", EIGHT - 9), since=past, cursor=rest)
    assert [news.punch.user_id for news in third.news] == ["1004"]
    last = ingest(ledger, punch("1005", EIGHT - 9), since=rest, cursor=cursor(5))
    assert [news.punch.user_id for news in last.news] == ["1005"]


def test_punch_while_we_meet(ledger: Ledger) -> None:
    """Who punches while a terminal is met is news, though the log has it already."""
    meeting = cursor(3, met_at=EIGHT, past=3)
    outcome = ingest(
        ledger,
        punch("1001", EIGHT - HOUR),
        punch("1002", EIGHT + 1),
        punch("1003", EIGHT + HOUR),
        cursor=meeting,
    )
    assert [news.punch.user_id for news in outcome.news] == ["1002"]
    assert outcome.new == 3


# --- cursors -----------------------------------------------------------------------------


def test_cursor_is_saved_with_the_rows(ledger: Ledger) -> None:
    """Rows and cursor come together."""
    assert ledger.cursor("A") is None
    ingest(ledger, punch(), cursor=cursor(1))
    assert ledger.cursor("A") == cursor(1)


@pytest.mark.parametrize("since", [None, cursor(7)])
def test_overtaken_read_stores_nothing(ledger: Ledger, since: Cursor | None) -> None:
    """A read that goes on from another place than the ledger's is refused whole."""
    ingest(ledger, punch(), cursor=cursor(1))
    with pytest.raises(CursorMoved):
        ingest(ledger, punch("1002"), since=since, cursor=cursor(2))
    assert stored(ledger) == [("1001", EIGHT)]
    assert ledger.cursor("A") == cursor(1)


def test_failed_write_leaves_its_neighbours(ledger: Ledger) -> None:
    """What waits together is committed together, but fails alone."""
    futures = [
        ledger.ingest(Batch("A", "poll", Punches.of([punch("1")]), cursor=cursor(1))),
        ledger.ingest(Batch("A", "poll", Punches.of([punch("2")]), cursor=cursor(2))),
        ledger.ingest(Batch("A", "poll", Punches.of([punch("3")]))),
    ]
    futures[0].result()
    with pytest.raises(CursorMoved):
        futures[1].result()
    assert futures[2].result().new == 1
    assert sorted(user for user, _ in stored(ledger)) == ["1", "3"]


def test_write_that_cannot_be_stored(ledger: Ledger) -> None:
    """A number that no database holds fails alone, and the ledger goes on."""
    bad = ledger.ingest(Batch("A", "push", Punches.of([punch(work_code=1 << 70)])))
    good = ledger.ingest(Batch("A", "push", Punches.of([punch("1002")])))
    with pytest.raises(OverflowError):
        bad.result()
    assert good.result().new == 1
    with pytest.raises(LedgerError, match="NOT NULL"):
        ingest(ledger, punch(cast("str", None)))
    assert ingest(ledger, punch()).new == 1


def test_late_is_noted_by_who_a_user_is_now(ledger: Ledger) -> None:
    """Whose days a late punch touches is never what was looked up before."""
    mapping = Mapping("A", "1001", "p1")

    def late(minutes: int) -> tuple[int, ...]:
        return ingest(ledger, punch(second=EIGHT - 60 * minutes)).noted

    def fail(connection: Connection) -> None:
        save_people(connection, [], [mapping])
        raise ValueError

    assert late(1) == ()
    failing = ledger.write(fail)
    assert late(2) == ()
    assert isinstance(failing.exception(), ValueError)
    keep = partial(save_people, who=[Person(id="p1", name="Amina")], mapped=[mapping])
    ledger.write(keep).result()
    assert late(3) != ()
    assert late(4) != ()
    ledger.write(
        partial(save_people, who=[], unmapped=[(mapping.serial, mapping.user_id)])
    ).result()
    assert late(5) == ()


# --- quarantine -----------------------------------------------------------------------------


def test_unreadable_records_are_kept_once(ledger: Ledger) -> None:
    """What cannot be a punch is kept raw, and only once."""
    record = Unreadable(b"\1" * 40, "1001", "impossible_date")
    for _ in range(2):
        outcome = ingest(ledger, punch(), unreadable=[record])
        assert outcome.unreadable == 1
    assert ingest(ledger, unreadable=[record]).new == 0
    assert ledger.statistics() == {"terminals": 1, "punches": 1, "quarantine": 1}


@pytest.mark.parametrize(("rows", "size"), [(3, 10_000), (10_000, 135)])
def test_unreadable_records_fill_no_disk(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, rows: int, size: int
) -> None:
    """Of each terminal the latest are kept; what goes for them is counted."""
    monkeypatch.setattr(store, "MOST_UNREADABLE", rows)
    monkeypatch.setattr(store, "MOST_UNREADABLE_BYTES", size)

    def bad(number: int) -> Unreadable:
        return Unreadable(bytes([number]) * 40, "", "impossible_date")

    ledger.register("B", ZONE).result()
    ledger.ingest(Batch("B", "adms", NO_PUNCHES, [bad(99)])).result()
    # What was read is kept: its log may be cleared.
    read = ingest(ledger, unreadable=[bad(number) for number in range(20, 25)])
    assert read.dropped == 0

    def push(*numbers: int) -> int:
        records = [bad(number) for number in numbers]
        return ingest(ledger, source="adms", unreadable=records).dropped

    assert [push(number) for number in range(5)] == [0, 0, 0, 1, 1]
    assert push(5, 6) == 2
    kept = ledger.read(
        lambda connection: (
            connection.execute(text("SELECT raw FROM quarantine ORDER BY id"))
            .scalars()
            .all()
        )
    )
    assert [raw[0] for raw in kept] == [99, *range(20, 25), 4, 5, 6]


# --- times ----------------------------------------------------------------------------------


def test_time_with_the_offset_of_its_day(ledger: Ledger) -> None:
    """A punch has the offset that its terminal's zone had then."""
    summer = local_second(datetime(2026, 7, 1, 8))
    ingest(ledger, punch(), punch("1002", summer))
    newest, oldest = ledger.punches(PunchQuery())
    assert oldest.time.isoformat() == "2026-03-12T08:05:00+01:00"
    assert newest.time.isoformat() == "2026-07-01T08:00:00+02:00"
    assert newest.utc_second == summer - 7200


def test_another_zone_dates_all_again(ledger: Ledger) -> None:
    """The wall clock stays; UTC follows the zone, over both changes of the year."""
    times = [
        datetime(2026, 1, 1) + timedelta(hours=hour, minutes=17)
        for hour in range(0, 365 * 24, 7)
    ]
    ingest(ledger, *(punch(second=local_second(time)) for time in times))
    ledger.register("A", "America/New_York").result()
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    zone = ZoneInfo("America/New_York")
    found = ledger.punches(PunchQuery(limit=10_000))
    assert {one.time.astimezone(UTC) for one in found} == {
        time.replace(tzinfo=zone).astimezone(UTC) for time in times
    }
    assert {one.punch.local_second for one in found} == {
        local_second(time) for time in times
    }


def test_another_zone_for_no_punches(ledger: Ledger) -> None:
    """A zone may change before anybody has punched."""
    ledger.register("A", "Asia/Karachi").result()
    ingest(ledger, punch())
    assert ledger.punches(PunchQuery())[0].time.isoformat().endswith("+05:00")


# --- queries ----------------------------------------------------------------------------------


def test_queries(ledger: Ledger) -> None:
    """Punches are found by terminal, user and time, newest first, of all terminals."""
    ledger.register("B", "Asia/Karachi").result()
    for hour in range(4):
        ingest(ledger, punch("1001", EIGHT + hour * 3600))
        ingest(ledger, punch("1002", EIGHT + hour * 3600 + 60), serial="B")
    # Karachi is four hours ahead of Rome: B's punches were four hours earlier.
    assert [found.serial for found in ledger.punches(PunchQuery())] == [
        *"AAAA",
        *"BBBB",
    ]
    assert stored(ledger, user_id="1002", limit=2) == [
        ("1002", EIGHT + 3 * 3600 + 60),
        ("1002", EIGHT + 2 * 3600 + 60),
    ]
    utc = EIGHT - 3600
    assert stored(ledger, since=utc + 3600, until=utc + 3 * 3600) == [
        ("1001", EIGHT + 2 * 3600),
        ("1001", EIGHT + 3600),
    ]
    assert stored(ledger, serials=["B"], until=utc - 4 * 3600 + 61) == [
        ("1002", EIGHT + 60)
    ]
    assert stored(ledger, serials=[]) == []
    last = ledger.last_punch("B", until=2**40)
    assert last is not None
    assert last.punch.local_second == EIGHT + 3 * 3600 + 60
    assert ledger.last_punch("C", until=2**40) is None


# --- the file -----------------------------------------------------------------------------------


def test_survives_reopening(tmp_path: Path) -> None:
    """What was committed is there after the file was closed and opened."""
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        ingest(ledger, punch(), cursor=cursor(1))
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        assert stored(ledger) == [("1001", EIGHT)]
        assert ledger.cursor("A") == cursor(1)
        assert ingest(ledger, punch()).new == 0


def test_file_is_safe_and_versioned(tmp_path: Path, ledger: Ledger) -> None:
    """The file has a write-ahead log, and says which version it has."""
    connection = sqlite3.connect(tmp_path / "syncid.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("SELECT version FROM schema_version").fetchall() == [
        (VERSION,)
    ]
    connection.close()


def test_commits_survive_a_power_cut(ledger: Ledger) -> None:
    """Each commit is on the disk before it is answered."""
    with ledger._engine.connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_newer_file_is_left_alone(tmp_path: Path) -> None:
    """A file of a newer SyncID is neither used nor touched."""
    with open_ledger(tmp_path):
        pass
    engine = create_engine(f"sqlite:///{tmp_path / 'syncid.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version = version + 1"))
        tables = inspect(connection).get_table_names()
    with pytest.raises(LedgerTooNew), open_ledger(tmp_path):
        pass
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == tables
    engine.dispose()
    assert not list(tmp_path.glob("*corrupt*"))


@pytest.mark.parametrize("damage", [b"this is no database" * 100, b""])
def test_corrupt_file_at_start(tmp_path: Path, damage: bytes) -> None:
    """A file that is no database is put aside, and a new one begun; an empty one is new."""
    (tmp_path / "syncid.db").write_bytes(damage)
    replaced: list[Path] = []
    with open_ledger(tmp_path, on_replaced=replaced.append) as ledger:
        ledger.register("A", ZONE).result()
        assert ingest(ledger, punch()).new == 1
    assert [aside.read_bytes() for aside in replaced] == [damage] * bool(damage)
    assert [aside.name for aside in replaced] == [
        "syncid.db.corrupt-20261120-080000"
    ] * bool(damage)


def damage_pages(path: Path) -> None:
    """Overwrite all pages of a database but the first."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[tuple[Ledger, list[Path]]]:
    """Return a ledger with 500 punches, whose file was damaged while it was open."""
    replaced: list[Path] = []
    with open_ledger(tmp_path, on_replaced=replaced.append) as ledger:
        ledger.register("A", ZONE).result()
        ingest(
            ledger,
            *(punch(second=EIGHT + number) for number in range(500)),
            cursor=cursor(500),
        )
    with open_ledger(tmp_path, on_replaced=replaced.append) as ledger:
        damage_pages(tmp_path / "syncid.db")
        yield ledger, replaced


def test_corrupt_while_writing(damaged: tuple[Ledger, list[Path]]) -> None:
    """A write that finds damage goes into the new file, and nothing waits for ever."""
    ledger, replaced = damaged
    ledger.register("A", ZONE).result()
    assert ingest(ledger, punch("1002")).new == 1
    assert len(replaced) == 1
    assert stored(ledger) == [("1002", EIGHT)]


def test_corrupt_while_reading(damaged: tuple[Ledger, list[Path]]) -> None:
    """A read that finds damage has the file replaced, and sees the new one."""
    ledger, replaced = damaged
    assert ledger.cursor("A") is None
    assert len(replaced) == 1
    assert stored(ledger) == []


def all_connections() -> list[sqlite3.Connection]:
    """Return the connections that anything in this process holds."""
    return [one for one in gc.get_objects() if isinstance(one, sqlite3.Connection)]


def is_open(connection: sqlite3.Connection) -> bool:
    """Tell whether a connection was not closed."""
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError as err:
        return "closed" not in str(err)
    return True


@pytest.mark.parametrize("reader", ["query", "backup"])
def test_corrupt_while_somebody_reads(
    damaged: tuple[Ledger, list[Path]], reader: str
) -> None:
    """A reader of the old file leaves nothing of it open."""
    ledger, replaced = damaged

    def look(_: Connection) -> None:
        ledger.register("A", ZONE).result()

    if reader == "query":
        ledger.read(look)
    else:
        ledger.begin_backup()
        ledger.register("A", ZONE).result()
        ledger.end_backup()
    ledger.close()
    assert len(replaced) == 1
    assert not [one for one in all_connections() if is_open(one)]


def test_read_of_a_log_starts_again_after_replacement(
    damaged: tuple[Ledger, list[Path]],
) -> None:
    """A read under way cannot claim what was lost with the old file."""
    ledger, _ = damaged
    ledger.register("A", ZONE).result()
    with pytest.raises(CursorMoved):
        ingest(ledger, punch("1002"), since=cursor(500), cursor=cursor(501))
    assert ledger.cursor("A") is None


def test_disk_trouble_is_an_error_not_a_replacement(
    tmp_path: Path, ledger: Ledger
) -> None:
    """A file that cannot be written to is left where it is, and works again later."""
    blocker = sqlite3.connect(tmp_path / "syncid.db", isolation_level=None)
    blocker.execute("PRAGMA busy_timeout=0")
    blocker.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match="locked"):
        ingest(ledger, punch())
    blocker.execute("ROLLBACK")
    blocker.close()
    assert ingest(ledger, punch()).new == 1
    assert not list(tmp_path.glob("*corrupt*"))


def test_unopenable_file(tmp_path: Path) -> None:
    """A folder that is not there is a clear error."""
    ledger = Ledger(
        tmp_path / "nowhere" / "syncid.db",
        now=datetime.now,
        on_replaced=lambda aside: None,
    )
    with pytest.raises(LedgerError):
        ledger.open(bytes(32))


def test_closed_ledger(tmp_path: Path) -> None:
    """After the end, writes fail, and what waited was done."""
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE)
        waiting: list[Future[Ingested]] = [
            ledger.ingest(Batch("A", "poll", Punches.of([punch(str(number))])))
            for number in range(50)
        ]
    assert sum(future.result().new for future in waiting) == 50
    with pytest.raises(LedgerError, match="closed"):
        ingest(ledger, punch())


# --- backups --------------------------------------------------------------------------


def copy_and_open(source: Path, target: Path) -> list[tuple[str, int]]:
    """Copy the file as a backup does, piece by piece, and read the copy."""
    target.mkdir()
    for name in ("syncid.db", "syncid.db-wal"):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    with open_ledger(target) as ledger:
        return sorted(stored(ledger, limit=100_000))


def test_backup_while_writing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, ledger: Ledger
) -> None:
    """A copy that is taken while punches come is whole, and holds up nobody."""
    ingest(ledger, *(punch(second=EIGHT + number) for number in range(1000)))
    ledger.begin_backup()
    before = (tmp_path / "syncid.db").read_bytes()
    for start in range(1000, 21_000, 1000):  # more than SQLite leaves in its log
        ingest(
            ledger,
            *(punch("1" * 400, EIGHT + start + number) for number in range(1000)),
        )
    assert (tmp_path / "syncid.db").read_bytes() == before
    copied = copy_and_open(tmp_path, tmp_path_factory.mktemp("copy") / "config")
    assert copied == sorted(stored(ledger, limit=100_000))
    ledger.end_backup()
    ledger.end_backup()
    ingest(ledger, punch("1002"))
    assert (tmp_path / "syncid.db").read_bytes() != before


def test_backup_of_a_damaged_file(damaged: tuple[Ledger, list[Path]]) -> None:
    """A backup that fails says so, and leaves nothing open."""
    ledger, _ = damaged
    (ledger._path).write_bytes(b"no database")
    ledger._engine.dispose()
    with pytest.raises(LedgerError):
        ledger.begin_backup()
    ledger.end_backup()
