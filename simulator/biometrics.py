"""Fingerprint and face templates.

protocol-4370 §2.7 and §2.8 (fingerprints, after fananimi/pyzk and
adrobinoga/zk-protocol) and §2.13 (infrared faces, pyzk issue #259). The
templates are not real: they have the head and the length of real ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import shake_128
from struct import Struct

_ENTRY_HEAD = Struct("<HHBB")
_FACE_HEAD = Struct("<HHBBHii")

FACE_SIZE = 2576
_FACE_TEMPLATE = FACE_SIZE - _FACE_HEAD.size
ALL_FINGERS = 13


def made_up_template(seed: str, size: int) -> bytes:
    """Return bytes that look like a fingerprint template, the same each time."""
    # No 6 zeros at the end: pyzk cuts those off (§2.7).
    body = shake_128(seed.encode()).digest(max(0, size - 7))
    return (b"\x4a\x4d\x53\x53\x32\x31" + body + b"\x5a")[:size]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One enrolled finger."""

    template: bytes
    # 0 not valid, 1 valid, 3 duress.
    flag: int = 1


class FingerprintTable:
    """The enrolled fingers by uid and finger."""

    def __init__(self) -> None:
        """Start empty."""
        self._fingers: dict[tuple[int, int], Fingerprint] = {}

    def __len__(self) -> int:
        """Return how many fingers are enrolled."""
        return len(self._fingers)

    def get(self, uid: int, finger: int) -> Fingerprint | None:
        """Return the template of a finger, if it is enrolled."""
        return self._fingers.get((uid, finger))

    def of(self, uid: int) -> dict[int, Fingerprint]:
        """Return the enrolled fingers of one person."""
        return {
            finger: fingerprint
            for (owner, finger), fingerprint in sorted(self._fingers.items())
            if owner == uid
        }

    def put(self, uid: int, finger: int, fingerprint: Fingerprint) -> None:
        """Enrol a finger, in the place of an older template."""
        self._fingers[uid, finger] = fingerprint

    def remove(self, uid: int, finger: int) -> bool:
        """Forget a finger, or all with 13; return whether there was one."""
        if finger == ALL_FINGERS:
            gone = [key for key in self._fingers if key[0] == uid]
        else:
            gone = [key for key in self._fingers if key == (uid, finger)]
        for key in gone:
            del self._fingers[key]
        return bool(gone)

    def clear(self) -> None:
        """Forget all fingers."""
        self._fingers.clear()

    def pack(self) -> bytes:
        """Return all entries as a bulk read sends them."""
        return b"".join(
            _ENTRY_HEAD.pack(
                _ENTRY_HEAD.size + len(fingerprint.template),
                uid,
                finger,
                fingerprint.flag,
            )
            + fingerprint.template
            for (uid, finger), fingerprint in sorted(self._fingers.items())
        )


def pack_face(uid: int, index: int, template: bytes) -> bytes:
    """Return one face record of 2576 bytes."""
    head = _FACE_HEAD.pack(FACE_SIZE, uid, index, 1, 0, 0, 0)
    return head + template[:_FACE_TEMPLATE].ljust(_FACE_TEMPLATE, b"\0")


def made_up_face(uid: int, index: int) -> bytes:
    """Return a face record that is nobody's, the same each time."""
    seed = f"face {uid} {index}"
    return pack_face(uid, index, shake_128(seed.encode()).digest(_FACE_TEMPLATE))


def split_faces(array: bytes) -> Iterator[bytes]:
    """Yield the records of an array of faces."""
    if not array or len(array) % FACE_SIZE:
        raise ValueError(f"{len(array)} bytes are no array of faces")
    for start in range(0, len(array), FACE_SIZE):
        yield array[start : start + FACE_SIZE]


class FaceTable:
    """The face records by uid, each person's in the order of their index."""

    def __init__(self) -> None:
        """Start empty."""
        self._faces: dict[int, dict[int, bytes]] = {}

    def __len__(self) -> int:
        """Return how many people have a face, which is what command 50 counts."""
        return len(self._faces)

    def of(self, uid: int) -> list[bytes]:
        """Return all records of one person."""
        return [record for _, record in sorted(self._faces.get(uid, {}).items())]

    def get(self, uid: int, index: int) -> bytes | None:
        """Return one record of one person."""
        return self._faces.get(uid, {}).get(index)

    def add(self, uid: int, record: bytes) -> None:
        """Store a record; it belongs to this uid whatever it says (§2.13)."""
        _, _, index, valid, reserved, active, verified = _FACE_HEAD.unpack_from(record)
        head = _FACE_HEAD.pack(FACE_SIZE, uid, index, valid, reserved, active, verified)
        self._faces.setdefault(uid, {})[index] = head + record[_FACE_HEAD.size :]

    def remove(self, uid: int) -> bool:
        """Forget a person's face; return whether there was one."""
        return self._faces.pop(uid, None) is not None

    def clear(self) -> None:
        """Forget all faces."""
        self._faces.clear()
