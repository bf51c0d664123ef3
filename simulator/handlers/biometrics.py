"""Reading and writing fingerprints and faces.

protocol-4370 §2.7 and §2.8, after fananimi/pyzk and adrobinoga/zk-protocol;
§2.13 for faces, which one source notes (pyzk issue #259 for the read).
"""

from struct import Struct, error as StructError
from zlib import adler32

from simulator.biometrics import FACE_SIZE, Fingerprint, split_faces
from simulator.device import Device
from simulator.faults import MissingReply
from simulator.numbers import Ack, Command
from simulator.requests import BadRequest, Request, answers
from simulator.sessions import Reply, UploadBuffer
from simulator.users import UserRefused, unpack_user

from .people import USER_ID_SIZE, user_by_id, user_by_uid

_UID_FINGER = Struct("<HB")
_WRITE = Struct("<HBBH")
_SSR_HEAD = Struct("<24sBBH")
_BATCH = Struct("<IHH")
_BATCH_HEAD = Struct("<III")
_BATCH_ENTRY = Struct("<BHBI")
_SIZE = Struct("<H")

# The only sub-code of 110 that means user data; others write firmware (§2.8).
_BATCH_USERS = 12
_BATCH_RECORD = 2
_BATCH_FINGER = 0x10
_ALL_FACES = 15

_MISSING: dict[MissingReply, Ack] = {
    "error": Ack.ERROR,
    "not_found": Ack.NOT_FOUND,
    "read_failed": Ack.READ_FAILED,
}


def uploaded(request: Request) -> bytes:
    """Return what the client has sent into the buffer."""
    buffer = request.session.buffer
    if not isinstance(buffer, UploadBuffer) or not buffer.data:
        raise BadRequest("nothing has been uploaded")
    return bytes(buffer.data)


def _missing(request: Request) -> Reply:
    """Answer that there is no such finger or face; firmware has several numbers."""
    return request.reply(_MISSING[request.device.faults.missing_reply])


@answers(Command.TMP_READ)
def read_template(request: Request) -> Reply:
    """Answer one template with its flag behind it, as a burst of any size."""
    uid, finger = request.unpack(_UID_FINGER)
    if (fingerprint := request.device.fingerprints.get(uid, finger)) is None:
        return _missing(request)
    return request.burst(fingerprint.template + bytes((fingerprint.flag,)))


@answers(Command.TMP_WRITE)
def write_template(request: Request) -> Reply:
    """Store the uploaded template as somebody's finger."""
    _, finger, flag, size = request.unpack(_WRITE)
    user = user_by_uid(request)
    template = uploaded(request)
    if size > len(template):
        return request.error()
    _store(request.device, user.uid, finger, Fingerprint(template[:size], flag))
    return request.ok()


@answers(Command.SSR_TMP_WRITE)
def write_template_inline(request: Request) -> Reply:
    """Store a template that comes in the command itself."""
    _, finger, flag, size = request.unpack(_SSR_HEAD)
    user = user_by_id(request)
    template = request.data[_SSR_HEAD.size :]
    if not size or size > len(template):
        return request.error()
    _store(request.device, user.uid, finger, Fingerprint(template[:size], flag))
    return request.ok()


def _store(device: Device, uid: int, finger: int, fingerprint: Fingerprint) -> None:
    """Store a finger if there is room for it."""
    table = device.fingerprints
    known = table.get(uid, finger) is not None
    if not known and len(table) >= device.profile.max_fingerprints:
        raise BadRequest("no room for another finger")
    table.put(uid, finger, fingerprint)


@answers(Command.BATCH_WRITE)
def write_batch(request: Request) -> Reply:
    """Store uploaded people with their fingers, as pyzk sends them."""
    code, _, _ = request.unpack(_BATCH)
    if code != _BATCH_USERS:
        return request.error()
    blob = uploaded(request)
    try:
        _unpack_batch(request.device, blob)
    except StructError as err:
        raise BadRequest(str(err)) from err
    return request.ok()


def _unpack_batch(device: Device, blob: bytes) -> None:
    """Store what a batch holds: people, a table of fingers, their templates."""
    people_size, table_size, _ = _BATCH_HEAD.unpack_from(blob)
    people_at = _BATCH_HEAD.size
    table_at = people_at + people_size
    fingers_at = table_at + table_size
    step = 1 + device.profile.user_size
    for start in range(people_at, table_at, step):
        if blob[start] != _BATCH_RECORD:
            raise BadRequest("no record where a person should be")
        try:
            user = unpack_user(blob[start + 1 : start + step], device.profile)
            device.users.put(user)
        except UserRefused as err:
            raise BadRequest(str(err)) from err
    for start in range(table_at, fingers_at, _BATCH_ENTRY.size):
        _, uid, finger, offset = _BATCH_ENTRY.unpack_from(blob, start)
        if device.users.by_uid(uid) is None:
            raise BadRequest(f"nobody has uid {uid}")
        (size,) = _SIZE.unpack_from(blob, fingers_at + offset)
        template_at = fingers_at + offset + _SIZE.size
        template = blob[template_at : template_at + size]
        if len(template) < size:
            raise BadRequest("a template ends too early")
        _store(device, uid, finger - _BATCH_FINGER, Fingerprint(template))


@answers(Command.DELETE_USERTEMP)
def delete_template(request: Request) -> Reply:
    """Delete a finger by uid."""
    uid, finger = request.unpack(_UID_FINGER)
    return request.result(request.device.fingerprints.remove(uid, finger))


@answers(Command.SSR_DELETE_TMP)
def delete_template_by_id(request: Request) -> Reply:
    """Delete a finger, or all with 13, by user id."""
    if len(request.data) <= USER_ID_SIZE:
        return request.error()
    uid, finger = user_by_id(request).uid, request.data[USER_ID_SIZE]
    return request.result(request.device.fingerprints.remove(uid, finger))


@answers(Command.CHECKSUM_BUFFER)
def checksum_buffer(request: Request) -> Reply:
    """Answer a checksum of the upload; which one is not known, nobody looks."""
    return request.ok(adler32(uploaded(request)).to_bytes(4, "little"))


def _check_faces(request: Request) -> Reply | None:
    """Return the refusal of a terminal that has no faces by command."""
    if not request.device.profile.faces_by_command:
        return request.reply(Ack.UNKNOWN)
    if request.device.options.get("FaceFunOn") != "1":
        return request.error()
    return None


@answers(Command.FACE_READ)
def read_face(request: Request) -> Reply:
    """Answer one face record, or all of a person."""
    if (refusal := _check_faces(request)) is not None:
        return refusal
    if len(request.data) >= USER_ID_SIZE + 2:
        uid, index = user_by_id(request).uid, request.data[USER_ID_SIZE + 1]
    else:
        uid, index = request.unpack(_UID_FINGER)
    faces = request.device.faces
    if index >= _ALL_FACES:
        array = b"".join(faces.of(uid))
    else:
        array = faces.get(uid, index) or b""
    return request.burst(array) if array else _missing(request)


@answers(Command.FACE_WRITE, Command.FACE_APPEND)
def write_face(request: Request) -> Reply:
    """Store the uploaded face records as somebody's face, or add them to it."""
    if (refusal := _check_faces(request)) is not None:
        return refusal
    user = user_by_id(request)
    faces = request.device.faces
    array = uploaded(request)
    if len(array) % FACE_SIZE:
        return request.error()
    if not faces.of(user.uid) and len(faces) >= request.device.profile.max_faces:
        return request.error()
    if request.command == Command.FACE_WRITE:
        faces.remove(user.uid)
    for record in split_faces(array):
        faces.add(user.uid, record)
    return request.ok()


@answers(Command.FACE_DELETE)
def delete_face(request: Request) -> Reply:
    """Delete somebody's face."""
    if (refusal := _check_faces(request)) is not None:
        return refusal
    return request.result(request.device.faces.remove(user_by_id(request).uid))
