"""The file in which an admin keeps a terminal's people."""

from datetime import UTC, datetime
from hashlib import sha256
import secrets

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.records import DeviceInfo
from custom_components.syncid.core.terminal.templates import FACE_SIZE, Finger
from custom_components.syncid.core.terminal.transfer import Person, Roster
from custom_components.syncid.core.terminal.users import new_record
from custom_components.syncid.core.terminal.vault import VaultError, seal, unseal
from simulator import PROFILES, Profile

from .pair import Pair

WHEN = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
SECRET = "correct horse"
ROSTER = Roster(
    DeviceInfo("A", "iFace702", fingerprint_version=10, face_version=7),
    (
        Person(
            "1001",
            new_record(72, 1, "1001"),
            (Finger(0, 1, b"MSS21" * 200), Finger(6, 3, b"JSS21" * 200)),
            bytes(FACE_SIZE) * 12,
        ),
        Person("1002", new_record(72, 2, "1002")),
    ),
)


def sealed(roster: Roster = ROSTER, passphrase: str = SECRET) -> bytes:
    """Return a file."""
    return seal(roster, passphrase, made_at=WHEN, random=secrets.token_bytes)


FILE = sealed()


def with_digest(data: bytes) -> bytes:
    """Return a file whose digest somebody made fit."""
    return data[:-32] + sha256(data[:-32]).digest()


def test_opened() -> None:
    """What was sealed is what is opened."""
    assert unseal(FILE, SECRET) == (WHEN, ROSTER)


def test_nothing_shows() -> None:
    """Nothing of what is sealed can be read in the file, and no two are alike."""
    for word in (b"1001", b"MSS21", b"iFace702", SECRET.encode()):
        assert word not in FILE
    assert sealed() != FILE


@pytest.mark.parametrize("passphrase", ["", "correct Horse", "correct horse "])
def test_wrong_passphrase(passphrase: str) -> None:
    """Only the passphrase opens it."""
    with pytest.raises(VaultError, match="passphrase"):
        unseal(FILE, passphrase)


@given(st.integers(0, len(FILE) - 1))
def test_cut(length: int) -> None:
    """A file that was cut is refused, wherever that was."""
    with pytest.raises(VaultError, match=r"no_backup|damaged"):
        unseal(FILE[:length], SECRET)


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_flipped(place: int, change: int) -> None:
    """A file of which a byte is another is refused, whichever that is."""
    data = bytearray(FILE)
    data[place] ^= change
    with pytest.raises(VaultError, match=r"no_backup|damaged|newer"):
        unseal(bytes(data), SECRET)


@pytest.mark.parametrize("place", [14, 15, 16, 20, 40, 50, len(FILE) - 40])
def test_forged(place: int) -> None:
    """A digest that was made to fit is not enough."""
    data = bytearray(FILE)
    data[place] ^= 1
    with pytest.raises(VaultError):
        unseal(with_digest(bytes(data)), SECRET)


@pytest.mark.parametrize(("place", "value"), [(14, 63), (14, 0), (15, 255), (16, 0)])
def test_greedy(place: int, value: int) -> None:
    """A file cannot have us spend all memory on it."""
    data = bytearray(FILE)
    data[place] = value
    with pytest.raises(VaultError, match="damaged"):
        unseal(with_digest(bytes(data)), SECRET)


def test_newer() -> None:
    """A file of a version to come is told apart from a damaged one."""
    data = bytearray(FILE)
    data[13] = 2
    with pytest.raises(VaultError, match="newer"):
        unseal(with_digest(bytes(data)), SECRET)


@pytest.mark.parametrize(
    "person",
    [
        Person("1", bytes(71)),
        Person("1", new_record(72, 1, "1"), (Finger(10, 1, b"x"),)),
        Person("1", new_record(72, 1, "1"), (Finger(1, 1, b""),)),
        Person("1", new_record(72, 1, "1"), face=bytes(FACE_SIZE + 1)),
        Person("1", new_record(72, 1, "1"), face=b""),
    ],
)
def test_senseless(person: Person) -> None:
    """What no terminal could hold is refused, though it was sealed so."""
    with pytest.raises(VaultError, match="damaged"):
        unseal(sealed(Roster(ROSTER.info, (person,))), SECRET)


def test_somebody_twice() -> None:
    """A file that names somebody twice is refused: nobody knows which it is."""
    twice = Person("1001", new_record(72, 9, "1001"))
    with pytest.raises(VaultError, match="damaged"):
        unseal(sealed(Roster(ROSTER.info, (*ROSTER.people, twice))), SECRET)


# --- from a terminal, to a terminal -----------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_restored(pair: Pair, profile: Profile) -> None:
    """A backup restored to an empty terminal of the same kind makes it equal."""
    pair.start(profile)
    device = pair.source.terminal
    device.users["1002"].privilege = 15
    device.users["1002"].time_zone_mode = 1
    opened = unseal(sealed(pair.roster()), SECRET)
    pair.transfer(opened.roster, replace=True)
    assert pair.people(pair.target) == pair.people(pair.source)
