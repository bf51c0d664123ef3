"""What the ledger takes of punches that were erased, and what it keeps of them."""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
import random
import sqlite3
from struct import unpack
import threading
from typing import Any, override

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.ledger.erased import Erased
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.ledger.queries import PunchQuery
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import (
    NO_PUNCHES,
    Batch,
    Cursor,
    Ingested,
    Punch,
    Punches,
    PunchKey,
    Unreadable,
)
from custom_components.syncid.core.shelf import Shelf

from .kit import KEY, ZONE, open_ledger

DAY = 86_400
OTHER_KEY = bytes(32)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Return a ledger that knows two terminals, whose user 7 was erased at one."""
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        for serial in ("A", "B"):
            ledger.register(serial, ZONE).result()
        come(shelf, 2, 4)
        shelf.erase_users([("A", "7")])
        yield shelf


def come(
    shelf: Shelf, *days: int, serial: str = "A", user_id: str = "7"
) -> tuple[int, int]:
    """Have somebody punch on some days; return how many were new, and were known."""
    return ingest(shelf.ledger, serial, [(day * DAY, user_id) for day in days])


def ingest(ledger: Ledger, serial: str, keys: Iterable[PunchKey]) -> tuple[int, int]:
    """Have punches come; return how many were new, and were known."""
    punches = Punches.of(
        Punch(user_id, at, "unknown", "unknown") for at, user_id in keys
    )
    told: Ingested = ledger.ingest(Batch(serial, "import", punches)).result()
    return told.new, told.duplicates


def put_aside(ledger: Ledger, serial: str, *raw: bytes, user_id: str = "7") -> Ingested:
    """Have records come that cannot be read; return what became of them."""
    aside = [Unreadable(one, user_id, "time") for one in raw]
    told: Ingested = ledger.ingest(Batch(serial, "poll", NO_PUNCHES, aside)).result()
    return told


def stored(ledger: Ledger, serial: str) -> set[PunchKey]:
    """Return what names the punches of a terminal."""
    found = ledger.punches(PunchQuery(serials=(serial,)))
    return {(one.punch.local_second, one.punch.user_id) for one in found}


def all_rows(ledger: Ledger) -> dict[str, list[Any]]:
    """Return all that is in the ledger's tables."""

    def read(connection: Any) -> dict[str, list[Any]]:
        execute = connection.exec_driver_sql
        names = execute("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        return {
            # That counts on, so that no number is given twice.
            name: execute(f"SELECT * FROM {name}").all()  # noqa: S608
            for name in names.all()
            if name != "sqlite_sequence"
        }

    return ledger.read(read)


def numbers(ledger: Ledger) -> list[int]:
    """Return what is kept of what was erased."""
    return [number for (number,) in ledger._traces.read("SELECT number FROM erased")]


# --- what is taken --------------------------------------------------------------------


def test_what_was_erased(shelf: Shelf) -> None:
    """It is known, and kept away."""
    assert come(shelf, 2, 4) == (0, 2)
    assert shelf.ledger.statistics()["punches"] == 0


def test_who_has_the_number(shelf: Shelf) -> None:
    """Whatever else has that number is stored: before that, in between, or after."""
    assert come(shelf, 1, 2, 3, 4, 5) == (3, 2)
    assert stored(shelf.ledger, "A") == {(day * DAY, "7") for day in (1, 3, 5)}


def test_somebody_else(shelf: Shelf) -> None:
    """Another one, or that one elsewhere, punches in the same second."""
    assert come(shelf, 2, user_id="8") == (1, 0)
    assert come(shelf, 2, serial="B") == (1, 0)


def test_erased_twice(shelf: Shelf) -> None:
    """Who has the number next may be erased too."""
    come(shelf, 3, 6)
    shelf.erase_users([("A", "7")])
    assert come(shelf, 1, 2, 3, 4, 5, 6) == (2, 4)


def test_wrong_clock(shelf: Shelf) -> None:
    """What a wrong clock dated years from now is kept away as well, and nothing else."""
    far = 2**31 // DAY - 1
    come(shelf, 6, far)
    shelf.erase_users([("A", "7")])
    assert come(shelf, 6, far - 1, far) == (1, 2)


@pytest.mark.parametrize("is_mapped", [True, False])
def test_quarantine(shelf: Shelf, is_mapped: bool) -> None:
    """What could not be read of who was erased is not put aside again, and nothing else."""
    ledger = shelf.ledger
    # The second one is written as one of the punches is that were erased.
    records = (b"7 2000-13-45", f"{2 * DAY} 7".encode())
    put_aside(ledger, "A", *records)
    if is_mapped:
        shelf.save_people([Person(id="p1", name="A")], [Mapping("A", "7", "p1")])
        assert shelf.erase("p1")["quarantine"] == 2
    else:
        assert shelf.erase_users([("A", "7")])["quarantine"] == 2
    # Told again, as when a log is audited or read anew.
    again = put_aside(ledger, "A", *records, b"7 2000-13-46")
    assert (again.new, again.duplicates, again.unreadable) == (0, 0, 3)
    assert ledger.statistics()["quarantine"] == 1
    put_aside(ledger, "B", *records)
    assert ledger.statistics()["quarantine"] == 3


def test_quarantine_and_punches(shelf: Shelf) -> None:
    """A record is not taken for a punch that is written alike, nor the other way."""
    put_aside(shelf.ledger, "A", f"{2 * DAY} 7".encode())
    assert shelf.ledger.statistics()["quarantine"] == 1
    put_aside(shelf.ledger, "A", f"{3 * DAY} 7".encode())
    shelf.erase_users([("A", "7")])
    assert come(shelf, 3) == (1, 0)


def test_nobody(shelf: Shelf) -> None:
    """Of who has not punched, or of no terminal that is known, nothing is noted."""
    before = numbers(shelf.ledger)
    shelf.erase_users([("A", "8"), ("C", "7")])
    assert numbers(shelf.ledger) == before
    assert come(shelf, 3, user_id="8") == (1, 0)


def test_which_of_them(shelf: Shelf) -> None:
    """Who asks is told which punches were erased."""
    ask = shelf.ledger.erased_among
    assert ask("A", {(day * DAY, "7") for day in range(9)}) == {
        (2 * DAY, "7"),
        (4 * DAY, "7"),
    }
    assert ask("A", {(2 * DAY, "8")}) == ask("B", {(2 * DAY, "7")}) == set()


def test_erasing_that_fails(shelf: Shelf) -> None:
    """Nothing is noted of what was not deleted in the end."""
    come(shelf, 6)
    put_aside(shelf.ledger, "A", b"aside")

    def fail(connection: Any, erased: Any) -> None:
        erased.note(connection, [(1, "7")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shelf.ledger.erase(fail).result()
    assert len(numbers(shelf.ledger)) == 2
    assert shelf.ledger.erased_among("A", {(6 * DAY, "7")}) == set()


def test_looked_up_in_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is looked up again, nor wiped, by another thread than the writer's."""
    threads: list[str] = []
    look_again = Erased.look_again

    def note() -> None:
        threads.append(threading.current_thread().name)

    def noted(self: Erased) -> None:
        note()
        look_again(self)

    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        come(Shelf(ledger), 1)
        Wiped().count(ledger, meanwhile=note)
        submit = ledger._writer.submit

        def slow(*details: Any) -> Any:
            # As if the caller's thread had to wait for the processor here.
            done = submit(*details)
            wait([done])
            return done

        monkeypatch.setattr(ledger._writer, "submit", slow)
        monkeypatch.setattr(Erased, "look_again", noted)
        Shelf(ledger).erase_users([("A", "7")])
    # Before it is erased and after, and when the file is written anew.
    assert threads == ["syncid-ledger"] * 3


def test_looked_up_meanwhile(tmp_path: Path) -> None:
    """What was looked up counts, though another thread does not rely on it any more."""

    class Interrupted(Erased):
        @override
        def __setattr__(self, name: str, value: object) -> None:
            """Forget at once what was looked up."""
            super().__setattr__(name, None if name == "_has_any" else value)

    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        ledger._erased = Interrupted(KEY, ledger._traces)
        shelf = Shelf(ledger)
        assert come(shelf, 2) == (1, 0)
        shelf.erase_users([("A", "7")])
        assert come(shelf, 2) == (0, 1)


PUNCHES = st.sets(
    # Names of which one may be taken for another, written one behind the other.
    st.tuples(
        st.sampled_from(["-", "-1"]),
        st.integers(0, 20),
        st.sampled_from(["1", "11", "2"]),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Return a ledger for terminals that are new each time."""
    with open_ledger(tmp_path_factory.mktemp("shared")) as ledger:
        yield ledger


_SITES = count()


@given(before=PUNCHES, gone=PUNCHES, then=PUNCHES)
def test_any(
    shared: Ledger,
    before: set[tuple[str, int, str]],
    gone: set[tuple[str, int, str]],
    then: set[tuple[str, int, str]],
) -> None:
    """Of what comes, all is stored but what was erased."""
    site = next(_SITES)
    users = {(serial, user_id) for serial, _, user_id in gone}
    erased = {one for one in before if (one[0], one[2]) in users}
    for serial in ("-", "-1"):
        shared.register(f"{site}{serial}", ZONE).result()

    def bring(punches: set[tuple[str, int, str]]) -> int:
        return sum(
            ingest(
                shared,
                f"{site}{serial}",
                [(second, user_id) for of, second, user_id in punches if of == serial],
            )[0]
            for serial in ("-", "-1")
        )

    bring(before)
    noted = len(numbers(shared))
    counts = Shelf(shared).erase_users([(f"{site}{one}", user) for one, user in users])
    assert counts["punches"] == len(erased) == len(numbers(shared)) - noted
    assert bring(then) == len(then - before)
    assert {
        (serial, *key)
        for serial in ("-", "-1")
        for key in stored(shared, f"{site}{serial}")
    } == (before | then) - erased


# --- what is kept ---------------------------------------------------------------------


def test_nothing_remains(tmp_path: Path) -> None:
    """In the ledger there is no row of theirs; elsewhere a number for each of them."""
    user_id, seconds = "USER-4711", [day * DAY + 61 for day in range(1203)]
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        for serial in ("A", "B"):
            ledger.register(serial, ZONE).result()
        come(shelf, 2, user_id="8")
        before = all_rows(ledger)
        person = Person(id="p1", name="Amina")
        shelf.save_people([person], [Mapping(one, user_id, "p1") for one in "AB"])
        for serial in ("A", "B"):
            ingest(ledger, serial, [(second, user_id) for second in seconds])
        put_aside(ledger, "A", b"1203", user_id=user_id)
        counts = shelf.erase("p1")
        assert (counts["punches"], counts["quarantine"]) == (2406, 1)
        kept = numbers(ledger)
        # But for one that is of the erasing, and of nobody.
        ((erasing,),) = all_rows(ledger)["erasings"]
        assert all_rows(ledger) == before | {"erasings": [(erasing,)]}
        assert erasing not in kept
        # Neither is one of them a time, nor do many fit between two others.
        assert len({*kept}) == 2407
        assert not {*kept} & {*seconds}
        assert max(kept) - min(kept) > 2**62
        for serial in ("A", "B"):
            again = [(second, user_id) for second in seconds]
            assert ingest(ledger, serial, again) == (0, 1203)
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for trace in (
        user_id.encode(),
        b"Amina",
        blake2b(f"A\n{user_id}".encode(), digest_size=16).digest(),
    ):
        assert trace not in files


def test_end_of_a_log(tmp_path: Path) -> None:
    """The last records of a log, which a cursor has, tell nothing without the key."""
    cursor = Cursor(2, 8, b"USER-4711 USER-12", True, 0, 0)
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        ledger.ingest(Batch("A", "poll", cursor=cursor)).result()
        assert ledger.cursor("A") == cursor
        ((records,),) = ledger._traces.read("SELECT records FROM ends")
    assert b"USER-4711" not in in_files(tmp_path)
    assert records not in (tmp_path / "syncid.db").read_bytes()
    # Nor when they came.
    assert int.from_bytes(b64decode(records, "-_")[1:9]) == 0
    with open_ledger(tmp_path) as ledger:
        assert ledger.cursor("A") == cursor
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        ledger.register("A", ZONE).result()
        # Nothing to look for.
        known = replace(cursor, record_size=0, overlap=b"")
        assert ledger.cursor("A") == known
        ledger.ingest(Batch("A", "poll", since=known, cursor=cursor)).result()
        assert ledger.cursor("A") == cursor


def test_after_a_restart(shelf: Shelf, tmp_path: Path) -> None:
    """It is kept in the file."""
    shelf.ledger.close()
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        assert ledger.key_fits
        assert come(Shelf(ledger), 2, 3) == (1, 1)


def test_another_key(shelf: Shelf, tmp_path: Path) -> None:
    """Without the key, nobody and nothing is known again by what is kept."""
    before = numbers(shelf.ledger)
    shelf.ledger.close()
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        ledger.register("A", ZONE).result()
        assert not ledger.key_fits
        assert ledger.erased_among("A", {(2 * DAY, "7"), (4 * DAY, "7")}) == set()
        shelf = Shelf(ledger)
        assert come(shelf, 2, 4) == (2, 0)
        shelf.erase_users([("A", "7")])
        # Of the same punches, other numbers.
        assert len({*numbers(ledger)} - {*before}) == 2
        assert come(shelf, 2, 4) == (0, 2)
    # Now there is none by which all is known.
    for key in (OTHER_KEY, KEY):
        with open_ledger(tmp_path, key) as ledger:
            assert not ledger.key_fits


def test_key_that_comes_back(shelf: Shelf, tmp_path: Path) -> None:
    """After another one, with which nothing was erased, it fits as it did."""
    shelf.ledger.close()
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert not ledger.key_fits
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        assert ledger.key_fits
        assert come(Shelf(ledger), 2, 4) == (0, 2)


def test_nothing_erased(tmp_path: Path) -> None:
    """With a ledger from which nothing was erased, each key fits, and the last counts."""
    with open_ledger(tmp_path):
        pass
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert ledger.key_fits
        ledger.register("A", ZONE).result()
        come(Shelf(ledger), 2)
        Shelf(ledger).erase_users([("A", "7")])
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert ledger.key_fits
    with open_ledger(tmp_path) as ledger:
        assert not ledger.key_fits


def test_file_that_took_the_place(shelf: Shelf, tmp_path: Path) -> None:
    """With a ledger that is begun anew, what was erased stays away by the same key."""
    shelf.ledger.close()
    for key in (OTHER_KEY, KEY):
        (tmp_path / "syncid.db").write_bytes(b"This is no database. " * 1000)
        with open_ledger(tmp_path, key) as ledger:
            assert ledger.key_fits is (key == KEY)
            ledger.register("A", ZONE).result()
            assert come(Shelf(ledger), 2) == ((0, 1) if key == KEY else (1, 0))


def test_nothing_was_ever_erased(tmp_path: Path) -> None:
    """Of a ledger from which nothing was erased, nothing is found."""
    with open_ledger(tmp_path) as ledger:
        assert ledger.erased_among("A", {(2 * DAY, "7")}) == set()


# --- what the file keeps of it --------------------------------------------------------

PAGE = 4096


@pytest.fixture
def _plain_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have SQLite as its authors ship it: distributions turn `secure_delete` on."""
    connect = sqlite3.dbapi2.connect

    def plain(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.execute("PRAGMA secure_delete=OFF")
        return connection

    monkeypatch.setattr(sqlite3.dbapi2, "connect", plain)


def in_files(folder: Path) -> bytes:
    """Return all that the ledger's files hold."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.usefixtures("_plain_sqlite")
def test_nothing_remains_of_names(tmp_path: Path) -> None:
    """What SQLite moved while others were added is gone as well."""
    draw = random.Random(5)
    who = [
        Person(id=f"{draw.getrandbits(128):032x}", name=f"Name-{number:04d}")
        for number in range(300)
    ]
    users = [f"USER-{number:05d}" for number in range(300)]
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        ledger.register("A", ZONE).result()
        for one, user in zip(who, users, strict=True):
            shelf.save_people([one], [Mapping("A", user, one.id)])
        gone = draw.sample(range(300), 20)
        for at in gone:
            shelf.erase(who[at].id)
    files = in_files(tmp_path)
    for words in ([who[at].name for at in gone], [users[at] for at in gone]):
        assert [word for word in words if word.encode() in files] == []


def test_nothing_remains_of_punches(tmp_path: Path) -> None:
    """Nor of punches that came in no order, even where `secure_delete` is always on."""
    keys = [
        (at * 600, "USER-4711" if at % 7 == 3 else f"U{at % 40:03d}-XXXX")
        for at in range(6000)
    ]
    random.Random(1).shuffle(keys)
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        for first in range(0, len(keys), 25):
            ingest(ledger, "A", keys[first : first + 25])
        assert b"USER-4711" in in_files(tmp_path)
        Shelf(ledger).erase_users([("A", "USER-4711")])
    assert b"USER-4711" not in in_files(tmp_path)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number as SQLite writes it, and where it ends."""
    number = 0
    for place in range(8):
        number = number << 7 | data[at + place] & 127
        if data[at + place] < 128:
            return number, at + place + 1
    return number << 8 | data[at + 8], at + 9


def as_they_came(file: Path) -> list[int]:
    """Return what is in the one page of `erased`, in the order in which it was put."""
    connection = sqlite3.connect(file)
    ((root,),) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'erased'"
    )
    connection.close()
    page = file.read_bytes()[(root - 1) * PAGE : root * PAGE]
    assert page[0] == 13  # a leaf
    (cells,) = unpack(">H", page[3:5])
    # From the end of the page on.
    places = sorted(unpack(f">{cells}H", page[8 : 8 + 2 * cells]), reverse=True)
    found = [varint(page, varint(page, place)[1])[0] for place in places]
    return [one - 2**64 if one >> 63 else one for one in found]


def test_which_go_together(tmp_path: Path) -> None:
    """Neither a number nor its place tells which others are of the same user."""
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        ledger.register("A", ZONE).result()
        for user in range(5):
            come(shelf, *range(15), user_id=str(user))
        for user in range(5):
            shelf.erase_users([("A", str(user))])
    came = as_they_came(tmp_path / "syncid.traces.db")
    assert len(came) == 75
    assert came == sorted(came)


class Wiped:
    """The clock of a ledger, and how often its file was written anew, or tried to be."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.now = datetime(2026, 11, 20, 8)
        self.times = 0

    def count(
        self,
        ledger: Ledger,
        *,
        meanwhile: Callable[[], object] = lambda: None,
        most_attached: int = 10,
    ) -> None:
        """Count from now on; where no file can be attached, it cannot be done."""

        def look(statement: str) -> None:
            if statement == "VACUUM":
                self.times += 1
                meanwhile()

        def set_up(connection: Any) -> None:
            raw = connection.connection.driver_connection
            raw.set_trace_callback(look)
            raw.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, most_attached)

        ledger.write(set_up).result()


def come_after(shelf: Shelf, day: int) -> None:
    """Have somebody punch, and the file wiped after that if it is to be."""
    come(shelf, day)
    shelf.ledger.write(lambda connection: None).result()


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Have somebody read the ledger, and hold on to what there is."""
    connection = sqlite3.connect(
        folder / "syncid.db", isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM people").fetchall()
        yield
    finally:
        connection.close()


def test_wiped_behind_a_reader(tmp_path: Path) -> None:
    """While somebody reads, the file is not written anew: a backup would have it twice."""
    wiped = Wiped()
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        ledger.register("A", ZONE).result()
        come(shelf, 1, user_id="USER-4711")
        wiped.count(ledger)
        with reading(tmp_path):
            shelf.erase_users([("A", "USER-4711")])
            come_after(shelf, 2)
            assert not ledger.is_wiped
            assert wiped.times == 0
        for day in (3, 4):
            come_after(shelf, day)
            assert ledger.is_wiped
            assert wiped.times == 1
        assert b"USER-4711" not in in_files(tmp_path)


def test_reader_that_came_between(tmp_path: Path) -> None:
    """Who began to read before the file was new is waited for; it is not done again."""
    wiped = Wiped()
    with open_ledger(tmp_path) as ledger, ExitStack() as readers:
        shelf = Shelf(ledger)
        ledger.register("A", ZONE).result()
        come(shelf, 1, user_id="USER-4711")
        wiped.count(ledger, meanwhile=lambda: readers.enter_context(reading(tmp_path)))
        shelf.erase_users([("A", "USER-4711")])
        for day in (2, 3):
            come_after(shelf, day)
            assert not ledger.is_wiped
        readers.close()
        come_after(shelf, 4)
        assert ledger.is_wiped
        assert wiped.times == 1
        assert b"USER-4711" not in in_files(tmp_path)


def test_no_room_to_wipe(tmp_path: Path) -> None:
    """If the file cannot be written anew, that is told, and not tried at each write."""
    wiped = Wiped()
    with open_ledger(tmp_path, now=lambda: wiped.now) as ledger:
        shelf = Shelf(ledger)
        ledger.register("A", ZONE).result()
        come(shelf, 1)
        wiped.count(ledger, most_attached=0)
        shelf.erase_users([("A", "7")])
        for day in (2, 3, 4):
            come_after(shelf, day)
        assert not ledger.is_wiped
        assert wiped.times == 1
        wiped.now += timedelta(hours=1)
        come_after(shelf, 5)
        assert not ledger.is_wiped
        assert wiped.times == 2
        wiped.count(ledger)
        wiped.now += timedelta(hours=1)
        come_after(shelf, 6)
        assert ledger.is_wiped
        assert wiped.times == 3


def test_wiped_in_the_end(tmp_path: Path) -> None:
    """What could not be wiped until then is when the ledger is closed."""
    wiped = Wiped()
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        ledger.register("A", ZONE).result()
        come(shelf, 1)
        ledger.begin_backup()
        wiped.count(ledger)
        shelf.erase_users([("A", "7")])
        assert wiped.times == 0
    assert wiped.times == 1
