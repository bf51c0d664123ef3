"""The records of a terminal's users (protocol-4370 §2.5).

A record is changed where it stands, byte by byte: what else it holds, its time zones
and bytes that nobody knows included, stays as it is. pyzk writes the group where the
time zones are, so nothing of it is used here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from text_unidecode import unidecode

from ..errors import TableUnreadable, UserRefused
from ..names import fit, plain_name
from ..records import ROLES, DeviceUser, UserChange
from .codecs import field_text

MAX_UID = 65534
MAX_CARD = 0xFFFF_FFFF
MAX_GROUP = 99

_UID = Struct("<H")
_CARD = Struct("<I")
_DISABLED = 0b0001
_ROLE = 0b1110


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of a record are."""

    size: int
    password: slice
    name: slice
    card: int
    group: int
    user_id: slice
    # Old firmware holds the user id as a number.
    numeric: bool


_LAYOUTS = {
    layout.size: layout
    for layout in (
        Layout(72, slice(3, 11), slice(11, 35), 35, 39, slice(48, 72), numeric=False),
        Layout(28, slice(3, 8), slice(8, 16), 16, 21, slice(24, 28), numeric=True),
    )
}
USER_SIZES = tuple(_LAYOUTS)


def split_users(table: bytes, count: int) -> list[bytes]:
    """Return the records of a table of `count` users; empty places are left out."""
    size = len(table) // count if count else 0
    if size not in USER_SIZES or len(table) % size:
        # A user came or went between the count and the read.
        fitting = [known for known in USER_SIZES if len(table) % known == 0]
        if not table:
            return []
        if len(fitting) != 1:
            raise TableUnreadable(f"{len(table)} bytes are no table of {count} users")
        size = fitting[0]
    records = (table[at : at + size] for at in range(0, len(table), size))
    return [record for record in records if user_id_of(record)]


def user_id_of(record: bytes) -> str:
    """Return the user id of a record."""
    layout = _LAYOUTS[len(record)]
    raw = record[layout.user_id]
    return str(int.from_bytes(raw, "little")) if layout.numeric else field_text(raw)


def uid_of(record: bytes) -> int:
    """Return the number by which the terminal itself knows the user."""
    uid: int = _UID.unpack_from(record)[0]
    return uid


def decode_user(record: bytes) -> DeviceUser:
    """Return what a record says of its user."""
    layout = _LAYOUTS[len(record)]
    return DeviceUser(
        uid=uid_of(record),
        user_id=user_id_of(record),
        name=_name(record[layout.name]),
        privilege=record[2],
        card=_CARD.unpack_from(record, layout.card)[0],
        group=record[layout.group],
        has_password=record[layout.password][:1] != b"\0",
    )


def is_admin(record: bytes) -> bool:
    """Tell whether somebody runs the terminal: without an admin, everybody may."""
    return decode_user(record).role == "admin"


def _name(raw: bytes) -> str:
    """Return a name, in UTF-8 or what older firmware uses in the West.

    A name that fills its field may have been cut within a character.
    """
    name, end, _ = raw.partition(b"\0")
    try:
        return name.decode().strip()
    except UnicodeDecodeError as err:
        if not end and err.reason == "unexpected end of data":
            return name[: err.start].decode().strip()
        return name.decode("cp1252", "replace").strip()


def same_user(record: bytes, other: bytes) -> bool:
    """Tell whether two records say the same, whatever is behind the end of a text."""
    return len(record) == len(other) and _clean(record) == _clean(other)


def _clean(record: bytes) -> bytes:
    layout, clean = _LAYOUTS[len(record)], bytearray(record)
    texts = [layout.password, layout.name]
    if not layout.numeric:
        texts.append(layout.user_id)
    for place in texts:
        text = record[place].partition(b"\0")[0]
        clean[place] = text.ljust(place.stop - place.start, b"\0")
    return bytes(clean)


# --- writing ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserRules:
    """What a terminal takes for a user; it says so itself (§2.1)."""

    record_size: int
    # Characters of a user id.
    pin_width: int
    letters: bool = False

    def check_user_id(self, user_id: str) -> None:
        """Raise `UserRefused` for a user id that the terminal cannot hold."""
        if not user_id or not user_id.strip("0"):
            raise UserRefused("user_id_missing", user_id)
        if not (user_id.isascii() and user_id.isalnum()):
            raise UserRefused("user_id_characters", user_id)
        if _LAYOUTS[self.record_size].numeric:
            # Held as a number, which has no zeros in front.
            if not user_id.isdecimal() or user_id[0] == "0":
                raise UserRefused("user_id_number", user_id)
        elif not (self.letters or user_id.isdecimal()):
            raise UserRefused("user_id_letters", user_id)
        if len(user_id) > self.pin_width:
            raise UserRefused("user_id_long", user_id, self.pin_width)
        if self.record_size == 28 and int(user_id) > 0xFFFF_FFFF:
            raise UserRefused("user_id_long", user_id, self.pin_width)

    def check(self, change: UserChange) -> None:
        """Raise `UserRefused` for what the terminal cannot hold."""
        password = _LAYOUTS[self.record_size].password
        longest = password.stop - password.start
        if change.password is not None:
            if change.password and not (
                change.password.isascii() and change.password.isdecimal()
            ):
                raise UserRefused("password_digits", "")
            if len(change.password) > longest:
                raise UserRefused("password_long", "", longest)
        if change.card is not None and not 0 <= change.card <= MAX_CARD:
            raise UserRefused("card_range", str(change.card), MAX_CARD)
        if change.group is not None and not 1 <= change.group <= MAX_GROUP:
            raise UserRefused("group_range", str(change.group), MAX_GROUP)


def new_record(size: int, uid: int, user_id: str) -> bytes:
    """Return the record of a user of whom nothing else is known yet."""
    layout, record = _LAYOUTS[size], bytearray(size)
    _UID.pack_into(record, 0, uid)
    record[layout.group] = 1
    width = layout.user_id.stop - layout.user_id.start
    record[layout.user_id] = (
        int(user_id).to_bytes(width, "little")
        if layout.numeric
        else user_id.encode("ascii").ljust(width, b"\0")
    )
    return bytes(record)


def changed_record(record: bytes, change: UserChange) -> bytes:
    """Return a record with what is given changed, and all else as it was."""
    layout, new = _LAYOUTS[len(record)], bytearray(record)
    if change.name is not None:
        width = layout.name.stop - layout.name.start
        new[layout.name] = fit_name(change.name, len(record)).ljust(width, b"\0")
    if change.password is not None:
        width = layout.password.stop - layout.password.start
        new[layout.password] = change.password.encode("ascii").ljust(width, b"\0")
    if change.card is not None:
        _CARD.pack_into(new, layout.card, change.card)
        if layout.size == 28:
            new[layout.card + _CARD.size] = 0  # the fifth byte of long numbers
    if change.group is not None:
        new[layout.group] = change.group
    if change.role is not None:
        new[2] = new[2] & ~_ROLE | ROLES[change.role] << 1
    if change.disabled is not None:
        new[2] = new[2] & ~_DISABLED | change.disabled
    return bytes(new)


def moved_record(record: bytes, uid: int) -> bytes:
    """Return a record for a terminal at which its user has another number."""
    return _UID.pack(uid) + record[_UID.size :]


def fit_name(name: str, record_size: int) -> bytes:
    """Return a name as a record of that size holds it.

    In letters that the terminal knows, and no longer than its field, cut between two
    characters.
    """
    place = _LAYOUTS[record_size].name
    width = place.stop - place.start
    plain = plain_name(name)
    # Old firmware has the letters of one country; which, it does not say.
    return fit(unidecode(plain) if record_size == 28 else plain, width)


def password_held(record: bytes) -> str:
    """Return the password of a record, for another terminal and nobody else."""
    return field_text(record[_LAYOUTS[len(record)].password])


def free_uids(taken: Iterable[int], above: int = 0) -> Iterable[int]:
    """Yield numbers that no user of the terminal has.

    From above the highest that anybody had on, which `above` may know better: a
    number that somebody had before still stands in the log of old terminals, which
    know people by nothing else. What was left free only then.
    """
    known = {0, *taken}
    highest = max(*known, above)
    yield from range(highest + 1, MAX_UID + 1)
    yield from (uid for uid in range(1, highest + 1) if uid not in known)
