"""People with their templates in an encrypted file; docs/backup-format.md describes it.

A file is opened as a whole or not at all: nothing of it is used before all of it is
known to be what was sealed.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
import json
from struct import Struct
from typing import Any, Literal, NamedTuple
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ..errors import SyncIDError
from ..records import DeviceInfo
from .templates import FACE_SIZE, FINGERS, Finger
from .transfer import Person, Roster
from .users import USER_SIZES, user_id_of

_MAGIC = b"SYNCID USERS\n"
VERSION = 1
# Magic, version, and what the key is made with: the power of two, r and p of scrypt,
# the salt; then the nonce.
_HEAD = Struct(f"<{len(_MAGIC)}sBBBB16s12s")
_DIGEST = sha256().digest_size
_POWER, _R, _P = 15, 8, 1
# What somebody else's file may make us spend: 1 GiB would be too much.
_MAX_POWER, _MAX_R, _MAX_P = 18, 8, 4

MIN_PASSPHRASE = 8

# What the format has of a terminal.
_INFO = (
    "serial",
    "name",
    "platform",
    "firmware",
    "mac",
    "fingerprint_version",
    "face_version",
    "faces_enabled",
)


type VaultReason = Literal["no_backup", "newer", "damaged", "passphrase"]


class VaultError(SyncIDError):
    """A file that cannot be opened; nothing of it was used."""

    def __init__(self, reason: VaultReason) -> None:
        """Keep why."""
        super().__init__(reason)
        self.reason = reason


class Opened(NamedTuple):
    """What a file holds."""

    made_at: datetime
    roster: Roster


def seal(
    roster: Roster,
    passphrase: str,
    *,
    made_at: datetime,
    random: Callable[[int], bytes],
) -> bytes:
    """Return people as a file that only the passphrase opens.

    `random` returns so many bytes that nobody can guess.
    """
    salt, nonce = random(16), random(12)
    head = _HEAD.pack(_MAGIC, VERSION, _POWER, _R, _P, salt, nonce)
    plain = zlib.compress(json.dumps(_as_json(roster, made_at)).encode())
    key = _key(passphrase, salt, _POWER, _R, _P)
    sealed = head + AESGCM(key).encrypt(nonce, plain, head)
    return sealed + sha256(sealed).digest()


def unseal(data: bytes, passphrase: str) -> Opened:
    """Return the people in a file; raises `VaultError`."""
    if not data.startswith(_MAGIC):
        raise VaultError("no_backup")
    if len(data) < _HEAD.size + _DIGEST:
        raise VaultError("damaged")
    _, version, power, r, p, salt, nonce = _HEAD.unpack_from(data)
    if version > VERSION:
        raise VaultError("newer")
    sealed, digest = data[:-_DIGEST], data[-_DIGEST:]
    # For the admin, who has to know whether to look for another file or for the
    # right passphrase. That nobody changed it, the cipher proves.
    if sha256(sealed).digest() != digest:
        raise VaultError("damaged")
    if power > _MAX_POWER or not 1 <= r <= _MAX_R or not 1 <= p <= _MAX_P:
        raise VaultError("damaged")
    key = _key(passphrase, salt, power, r, p)
    head, encrypted = sealed[: _HEAD.size], sealed[_HEAD.size :]
    try:
        plain = AESGCM(key).decrypt(nonce, encrypted, head)
    except InvalidTag:
        raise VaultError("passphrase") from None
    try:
        return _from_json(json.loads(zlib.decompress(plain)))
    except ValueError, KeyError, TypeError, zlib.error:
        raise VaultError("damaged") from None


def _key(passphrase: str, salt: bytes, power: int, r: int, p: int) -> bytes:
    try:
        kdf = Scrypt(salt=salt, length=32, n=2**power, r=r, p=p)
        return kdf.derive(passphrase.encode())
    except ValueError:
        raise VaultError("damaged") from None


def _as_json(roster: Roster, made_at: datetime) -> dict[str, Any]:
    return {
        "made_at": made_at.isoformat(),
        "terminal": {name: getattr(roster.info, name) for name in _INFO},
        "people": [
            {
                "record": _text(person.record),
                "fingers": [
                    {
                        "finger": one.finger,
                        "flag": one.flag,
                        "template": _text(one.template),
                    }
                    for one in person.fingers
                ],
                "face": None if person.face is None else _text(person.face),
            }
            for person in roster.people
        ],
    }


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _data(text: str) -> bytes:
    return b64decode(text, validate=True)


def _from_json(found: Mapping[str, Any]) -> Opened:
    people = tuple(_person(person) for person in found["people"])
    if len({person.user_id for person in people}) < len(people):
        raise ValueError("somebody is in it twice")
    return Opened(
        datetime.fromisoformat(found["made_at"]),
        Roster(
            DeviceInfo(**{name: found["terminal"][name] for name in _INFO}),
            people,
        ),
    )


def _person(found: Mapping[str, Any]) -> Person:
    record = _data(found["record"])
    if len(record) not in USER_SIZES:
        raise ValueError("no record of a user")
    face = None if found["face"] is None else _data(found["face"])
    if face is not None and (not face or len(face) % FACE_SIZE):
        raise ValueError("no face")
    fingers = tuple(
        Finger(one["finger"], one["flag"], _data(one["template"]))
        for one in found["fingers"]
    )
    if any(one.finger not in FINGERS or not one.template for one in fingers):
        raise ValueError("no finger")
    return Person(user_id_of(record), record, fingers, face)
