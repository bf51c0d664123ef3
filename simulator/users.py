"""The people enrolled on a terminal.

protocol-4370 §2.5: the 28-byte record of old firmware ("ZK6") and the 72-byte
one of TFT terminals ("ZK8"), after fananimi/pyzk and adrobinoga/zk-protocol.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from .numbers import Detail
from .profiles import Profile
from .wire import Buffer, Text, pack_text, unpack_text

_RECORD_72 = Struct("<HB8s24sIB4H24s")
_RECORD_28 = Struct("<HB5s8sIBBHI")

MAX_UID = 65534
_ROLE_BITS = 0x0E

# What unclean firmware leaves behind the text of a field.
_GARBAGE = bytes.fromhex("c69a807c55aa")


@dataclass(slots=True, kw_only=True)
class User:
    """One person; uid is the terminal's own number, user_id the person's."""

    uid: int
    user_id: str
    name: str = ""
    privilege: int = 0
    password: str = ""
    card: int = 0
    group: int = 1
    # 0: the group's time zones count, 1: the person's own.
    time_zone_mode: int = 0
    time_zones: tuple[int, int, int] = (0, 0, 0)
    verify_style: int = 0
    # Bytes that the writer left after the 0 of each text; a read returns them.
    name_tail: bytes = b""
    password_tail: bytes = b""
    user_id_tail: bytes = b""

    @property
    def is_admin(self) -> bool:
        """Return whether the role is more than that of a plain user."""
        return bool(self.privilege & _ROLE_BITS)

    def pack(self, profile: Profile, *, garbage: bool = False) -> bytes:
        """Return the record as this kind of terminal stores it."""
        encoding = profile.encoding
        dirt = _GARBAGE if garbage else b""
        name = Text(self.name, self.name_tail or dirt)
        password = Text(self.password, self.password_tail or dirt)
        if profile.user_size == 28:
            return _RECORD_28.pack(
                self.uid,
                self.privilege,
                pack_text(password, 5, encoding),
                pack_text(name, 8, encoding),
                self.card & 0xFFFFFFFF,
                self.card >> 32 & 0xFF,
                self.group & 0xFF,
                self.time_zone_mode,
                int(self.user_id) if self.user_id.isdecimal() else self.uid,
            )
        return _RECORD_72.pack(
            self.uid,
            self.privilege,
            pack_text(password, 8, encoding),
            pack_text(name, 24, encoding),
            self.card & 0xFFFFFFFF,
            self.group & 0xFF,
            self.time_zone_mode,
            *self.time_zones,
            pack_text(Text(self.user_id, self.user_id_tail), 24, encoding),
        )


def unpack_user(raw: Buffer, profile: Profile) -> User:
    """Return the person of one record, so that packing gives the same bytes."""
    encoding = profile.encoding
    if profile.user_size == 28:
        (
            uid,
            privilege,
            raw_password,
            raw_name,
            card,
            card_high,
            group,
            time_zone_mode,
            number,
        ) = _RECORD_28.unpack(raw)
        card |= card_high << 32
        time_zones = (0, 0, 0)
        user_id = Text(str(number))
    else:
        (
            uid,
            privilege,
            raw_password,
            raw_name,
            card,
            group,
            time_zone_mode,
            zone_1,
            zone_2,
            zone_3,
            raw_user_id,
        ) = _RECORD_72.unpack(raw)
        time_zones = (zone_1, zone_2, zone_3)
        user_id = unpack_text(raw_user_id, encoding)
    name = unpack_text(raw_name, encoding)
    password = unpack_text(raw_password, encoding)
    return User(
        uid=uid,
        user_id=user_id.text,
        name=name.text,
        privilege=privilege,
        password=password.text,
        card=card,
        group=group,
        time_zone_mode=time_zone_mode,
        time_zones=time_zones,
        name_tail=name.tail,
        password_tail=password.tail,
        user_id_tail=user_id.tail,
    )


class UserRefused(Exception):
    """Raised for a person whom the terminal would not take."""

    def __init__(self, reason: str, detail: Detail = Detail.NONE) -> None:
        """Keep the reason, and the number that goes into the session field."""
        super().__init__(reason)
        self.detail = detail


class UserTable:
    """The people by uid, in the order of their uid, as a terminal lists them."""

    def __init__(self, profile: Profile) -> None:
        """Start empty."""
        self._profile = profile
        self._by_uid: dict[int, User] = {}
        self._by_user_id: dict[str, User] = {}
        self._free_from = 1

    def __len__(self) -> int:
        """Return how many people are enrolled."""
        return len(self._by_uid)

    def __iter__(self) -> Iterator[User]:
        """Yield the people by ascending uid."""
        return (self._by_uid[uid] for uid in sorted(self._by_uid))

    def __contains__(self, user_id: object) -> bool:
        """Return whether somebody has this user id."""
        return user_id in self._by_user_id

    def __getitem__(self, user_id: str) -> User:
        """Return the person with this user id."""
        return self._by_user_id[user_id]

    def get(self, user_id: str) -> User | None:
        """Return the person with this user id, if there is one."""
        return self._by_user_id.get(user_id)

    def by_uid(self, uid: int) -> User | None:
        """Return the person with this uid, if there is one."""
        return self._by_uid.get(uid)

    def free_uid(self) -> int:
        """Return the lowest uid that nobody has."""
        while self._free_from in self._by_uid:
            self._free_from += 1
        return self._free_from

    def put(self, user: User, *, force: bool = False) -> None:
        """Add or update a person by the device's own rules (§2.5)."""
        if not 1 <= user.uid <= MAX_UID:
            raise UserRefused(f"uid {user.uid}", Detail.PARAMETER)
        if user.user_id in {"", "0"}:
            raise UserRefused(f"user id {user.user_id!r}")
        same_id = self._by_user_id.get(user.user_id)
        same_uid = self._by_uid.get(user.uid)
        if not force:
            if same_id is not None and same_id.uid != user.uid:
                raise UserRefused(
                    f"user id {user.user_id} has uid {same_id.uid}", Detail.PARAMETER
                )
            if same_uid is not None and same_uid.user_id != user.user_id:
                raise UserRefused(f"uid {user.uid} has user id {same_uid.user_id}")
        if same_id is None and same_uid is None:
            if len(self._by_uid) >= self._profile.max_users:
                raise UserRefused("full")
        for old in (same_id, same_uid):
            if old is not None:
                self.remove(old)
        self._by_uid[user.uid] = user
        self._by_user_id[user.user_id] = user

    def remove(self, user: User) -> None:
        """Forget a person; no error if they are gone already."""
        self._by_uid.pop(user.uid, None)
        self._by_user_id.pop(user.user_id, None)
        self._free_from = min(self._free_from, user.uid)

    def clear(self) -> None:
        """Forget everybody."""
        self._by_uid.clear()
        self._by_user_id.clear()
        self._free_from = 1

    def pack(self, *, garbage: bool = False) -> bytes:
        """Return all records, one after the other."""
        return b"".join(user.pack(self._profile, garbage=garbage) for user in self)
