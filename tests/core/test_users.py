"""The records of users: read, changed, and made."""

from struct import pack

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.errors import TableUnreadable, UserRefused
from custom_components.syncid.core.records import ROLES, DeviceUser, Role, UserChange
from custom_components.syncid.core.terminal.users import (
    MAX_UID,
    UserRules,
    changed_record,
    decode_user,
    fit_name,
    free_uids,
    moved_record,
    new_record,
    password_held,
    same_user,
    split_users,
    uid_of,
    user_id_of,
)

NEW = UserRules(record_size=72, pin_width=9)
OLD = UserRules(record_size=28, pin_width=9)


def decoded(table: bytes, count: int) -> list[DeviceUser]:
    """Return the users of a table."""
    return [decode_user(record) for record in split_users(table, count)]


def user_72(
    uid: int = 1,
    privilege: int = 0,
    password: bytes = b"",
    name: bytes = b"Amina",
    card: int = 0,
    user_id: bytes = b"1001",
) -> bytes:
    """Return a user record of newer terminals."""
    return pack(
        "<HB8s24sIBHHHH24s",
        uid,
        privilege,
        password,
        name,
        card,
        3,
        0,
        0,
        0,
        0,
        user_id,
    )


def test_captured_user() -> None:
    """The user of adrobinoga/zk-protocol's capture."""
    wire = (
        "0d000034343400c69a807c4e6564000000000000000000000000000000000000000000"
        "de000000020100010002000000353535000000000000000000000000000000000000000000"
    )
    (ned,) = decoded(bytes.fromhex(wire), 1)
    assert (ned.uid, ned.user_id, ned.name, ned.card, ned.group) == (
        13,
        "555",
        "Ned",
        0xDE,
        2,
    )
    assert ned.has_password
    assert "444" not in repr(ned)


def test_old_user() -> None:
    """The short record of older terminals."""
    record = pack("<HB5s8sIxBHI", 4, 14, b"12", b"Bruno", 77, 5, 0, 1002)
    (bruno,) = decoded(record, 1)
    assert (bruno.user_id, bruno.name, bruno.card, bruno.group) == (
        "1002",
        "Bruno",
        77,
        5,
    )
    assert bruno.role == "admin"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Zoë Müller".encode(), "Zoë Müller"),
        ("José".encode("cp1252"), "José"),
        ("Ngozi Okafor-Adébáyọ̀".encode()[:24], "Ngozi Okafor-Adébáyọ"),
        ("أمينة".encode(), "أمينة"),
        (b"Chen\0\xff\xfegarbage", "Chen"),
        (b"", ""),
    ],
)
def test_names(raw: bytes, name: str) -> None:
    """Names are read in the encodings of the field, cut or followed by garbage."""
    assert decoded(user_72(name=raw), 1)[0].name == name


@pytest.mark.parametrize(
    ("privilege", "role", "disabled"),
    [
        (0, "user", False),
        (1, "user", True),
        (2, "enroller", False),
        (6, "manager", False),
        (12, "manager", False),
        (14, "admin", False),
        (15, "admin", True),
    ],
)
def test_roles(privilege: int, role: str, disabled: bool) -> None:
    """The privilege byte is a role and a lock."""
    (user,) = decoded(user_72(privilege=privilege), 1)
    assert (user.role, user.disabled) == (role, disabled)


def test_users_came_or_went_between_count_and_read() -> None:
    """The table is believed, not the count."""
    table = user_72(1, user_id=b"1") + user_72(2, user_id=b"2")
    assert len(decoded(table, 3)) == 2
    assert len(decoded(table, 1)) == 2
    assert decoded(b"", 3) == []


def test_empty_place_is_no_user() -> None:
    """A record without a user id is left out."""
    assert len(decoded(user_72() + user_72(user_id=b""), 2)) == 1


@pytest.mark.parametrize("size", [50, 72 * 28, 71])
def test_unreadable_users(size: int) -> None:
    """Bytes that may be anything are no users."""
    with pytest.raises(TableUnreadable):
        decoded(bytes(size), 5)


def test_no_table_of_users() -> None:
    """What has the size of neither kind of record is told, not guessed."""
    with pytest.raises(TableUnreadable):
        split_users(bytes(100), 1)


# --- changing ---------------------------------------------------------------------------

CHANGES = st.builds(
    UserChange,
    name=st.none() | st.text(max_size=40),
    password=st.none() | st.text("0123456789", max_size=5),
    card=st.none() | st.integers(0, 0xFFFFFFFF),
    role=st.none() | st.sampled_from(sorted(ROLES)),
    group=st.none() | st.integers(1, 99),
    disabled=st.none() | st.booleans(),
)


@given(st.binary(min_size=72, max_size=72) | st.binary(min_size=28, max_size=28))
def test_no_change(record: bytes) -> None:
    """What nobody asked to change is not changed, whatever it is."""
    assert changed_record(record, UserChange()) == record


@given(st.sampled_from([72, 28]), st.binary(min_size=72, max_size=72), CHANGES)
def test_changed_is_what_was_asked(size: int, noise: bytes, change: UserChange) -> None:
    """A record then says what was asked for, and all else is as it was."""
    before = noise[:size]
    user, was = decode_user(changed_record(before, change)), decode_user(before)
    assert (user.uid, user.user_id) == (was.uid, was.user_id)
    assert user.card == (was.card if change.card is None else change.card)
    assert user.group == (was.group if change.group is None else change.group)
    assert user.role == (was.role if change.role is None else change.role)
    assert user.disabled == (
        was.disabled if change.disabled is None else change.disabled
    )
    if change.password is not None:
        assert user.has_password == bool(change.password)
        assert password_held(changed_record(before, change)) == change.password


def test_time_zones_survive() -> None:
    """The words behind the group, which pyzk overwrites, stay."""
    record = pack("<HB8s24sIBHHHH24s", 7, 1, b"12", b"Amina", 5, 3, 1, 2, 3, 4, b"1001")
    changed = changed_record(record, UserChange(name="Bruno", group=9))
    assert changed[40:48] == record[40:48]
    assert changed[39] == 9
    assert decode_user(changed).disabled


@pytest.mark.parametrize("role", sorted(ROLES))
def test_role_and_lock(role: Role) -> None:
    """The role and the lock share a byte, and do not touch each other."""
    record = changed_record(new_record(72, 1, "1"), UserChange(disabled=True))
    user = decode_user(changed_record(record, UserChange(role=role)))
    assert (user.role, user.disabled) == (role, True)
    free = changed_record(record, UserChange(role=role, disabled=False))
    assert decode_user(free).role == role
    assert not decode_user(free).disabled


@pytest.mark.parametrize("size", [72, 28])
def test_new_record(size: int) -> None:
    """A new user has a number, an id, the first group, and nothing else."""
    record = new_record(size, 300, "1234")
    assert len(record) == size
    assert decode_user(record) == DeviceUser(
        uid=300, user_id="1234", name="", privilege=0, group=1
    )


def test_garbage_behind_a_text_is_no_difference() -> None:
    """Firmware that leaves garbage behind a text still holds the same."""
    record = changed_record(new_record(72, 1, "1"), UserChange(name="Chen"))
    dirty = bytearray(record)
    dirty[17:20] = b"abc"
    assert decode_user(bytes(dirty)).name == "Chen"
    assert same_user(record, bytes(dirty))
    assert not same_user(record, changed_record(record, UserChange(card=1)))
    assert not same_user(record, b"")


def test_moved() -> None:
    """At another terminal a user has another number, and all else alike."""
    record = changed_record(new_record(72, 1, "1001"), UserChange(name="Chen"))
    moved = moved_record(record, 513)
    assert (uid_of(moved), user_id_of(moved)) == (513, "1001")
    assert moved[2:] == record[2:]


# --- names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "held"),
    [
        ("Amina Rossi", 72, "Amina Rossi"),
        ("  Amina\n Rossi\0 ", 72, "Amina Rossi"),
        ("Ngozi Okafor-Adébáyọ̀ Smith", 72, "Ngozi Okafor-Adébáy"),
        ("Chen\ud800", 72, "Chen"),
        ("ααααααααααααα", 72, "αααααααααααα"),
        ("أمينة روسي", 72, "أمينة روسي"),
        ("Zoë", 28, "Zoe"),
        ("Müller-Lüdenscheidt", 28, "Muller-L"),
        ("Амина", 28, "Amina"),
        ("陈伟", 28, "Chen Wei"),
        ("", 28, ""),
    ],
)
def test_fitted_names(name: str, size: int, held: str) -> None:
    """A name is cut between two characters, and in letters that the terminal has."""
    assert fit_name(name, size).decode() == held


@given(st.text(), st.sampled_from([72, 28]))
def test_any_name_fits(name: str, size: int) -> None:
    """Whatever the name, its field holds it, and it reads back as it was written."""
    fitted = fit_name(name, size)
    assert len(fitted) <= (24 if size == 72 else 8)
    record = changed_record(new_record(size, 1, "1"), UserChange(name=name))
    assert decode_user(record).name == fitted.decode().strip()


# --- rules ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "user_id", "reason"),
    [
        (NEW, "", "user_id_missing"),
        (NEW, "0", "user_id_missing"),
        (NEW, "12 3", "user_id_characters"),
        (NEW, "12é", "user_id_characters"),
        (NEW, "A12", "user_id_letters"),
        (NEW, "1234567890", "user_id_long"),
        (OLD, "A12", "user_id_number"),
        (OLD, "0012", "user_id_number"),
        (UserRules(28, 14), "99999999999", "user_id_long"),
        (UserRules(72, 14, letters=True), "ABCDEFGHIJKLMNO", "user_id_long"),
    ],
)
def test_refused_user_ids(rules: UserRules, user_id: str, reason: str) -> None:
    """A user id that the terminal cannot hold is refused before anything is written."""
    with pytest.raises(UserRefused) as error:
        rules.check_user_id(user_id)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("rules", "user_id"),
    [
        (NEW, "1"),
        (NEW, "000012"),
        (NEW, "123456789"),
        (OLD, "12"),
        (UserRules(72, 14, letters=True), "A12b"),
    ],
)
def test_good_user_ids(rules: UserRules, user_id: str) -> None:
    """These the terminal takes."""
    rules.check_user_id(user_id)
    assert user_id_of(new_record(rules.record_size, 1, user_id)) == user_id


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (UserChange(password="12a"), "password_digits"),
        (UserChange(password="123456789"), "password_long"),
        (UserChange(card=-1), "card_range"),
        (UserChange(card=2**32), "card_range"),
        (UserChange(group=0), "group_range"),
        (UserChange(group=100), "group_range"),
    ],
)
def test_refused_changes(change: UserChange, reason: str) -> None:
    """What the record cannot hold is refused, and a password is not repeated."""
    with pytest.raises(UserRefused) as error:
        NEW.check(change)
    assert error.value.reason == reason
    assert not change.password or change.password not in str(error.value)


def test_short_passwords_of_old_terminals() -> None:
    """Old terminals hold five digits."""
    OLD.check(UserChange(password="12345", card=2**32 - 1, group=99))
    with pytest.raises(UserRefused):
        OLD.check(UserChange(password="123456"))


# --- numbers ----------------------------------------------------------------------------


@given(st.sets(st.integers(1, MAX_UID)))
def test_free_uids(taken: set[int]) -> None:
    """No number is given twice, and old ones only when there is no other."""
    free = list(free_uids(taken))
    assert len(free) == len(set(free)) == MAX_UID - len(taken)
    assert not taken & set(free)
    if free and max(taken, default=0) < MAX_UID:
        assert free[0] == max(taken, default=0) + 1
