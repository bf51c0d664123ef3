"""Reading and writing people one at a time.

protocol-4370 §2.5. Reading all of them is a matter of transfer.py.
"""

from struct import Struct

from simulator.numbers import Command
from simulator.requests import BadRequest, Request, answers
from simulator.sessions import Reply
from simulator.users import User, UserRefused, unpack_user
from simulator.wire import unpack_text

_UID = Struct("<H")
_STYLE = Struct("<HB21x")
USER_ID_SIZE = 24
_DISABLED = 0x01


def user_by_id(request: Request) -> User:
    """Return the person whose 24-byte user id leads the data."""
    raw = request.data[:USER_ID_SIZE]
    user_id = unpack_text(raw, request.device.profile.encoding).text
    if (user := request.device.users.get(user_id)) is None:
        raise BadRequest(f"nobody has the user id {user_id!r}")
    return user


def user_by_uid(request: Request) -> User:
    """Return the person whose uid leads the data."""
    (uid,) = request.unpack(_UID)
    if (user := request.device.users.by_uid(uid)) is None:
        raise BadRequest(f"nobody has uid {uid}")
    return user


@answers(Command.USER_WRQ)
def write_user(request: Request) -> Reply:
    """Add or update a person; the data are exactly one record."""
    device = request.device
    if len(request.data) != device.profile.user_size:
        return request.error()
    user = unpack_user(request.data, device.profile)
    if (old := device.users.by_uid(user.uid)) is not None:
        user.verify_style = old.verify_style
    try:
        device.users.put(user, force=device.faults.uid_conflict == "overwrite")
    except UserRefused as err:
        return request.error(err.detail)
    return request.ok()


@answers(Command.USER_RRQ)
def read_user(request: Request) -> Reply:
    """Answer one record."""
    device = request.device
    user = user_by_uid(request)
    return request.ok(user.pack(device.profile, garbage=device.faults.garbage_padding))


@answers(Command.FREEID_RRQ)
def read_free_uid(request: Request) -> Reply:
    """Answer the next free uid, in the session field."""
    return request.ok(field=request.device.users.free_uid())


@answers(Command.DELETE_USER)
def delete_user(request: Request) -> Reply:
    """Delete a person by uid."""
    request.device.remove_user(user_by_uid(request))
    return request.ok()


@answers(Command.SSR_DELETE_USER)
def delete_user_by_id(request: Request) -> Reply:
    """Delete a person by user id."""
    request.device.remove_user(user_by_id(request))
    return request.ok()


@answers(Command.VERIFY_WRQ)
def write_verify_style(request: Request) -> Reply:
    """Set how a person has to prove who they are."""
    _, style = request.unpack(_STYLE)
    user_by_uid(request).verify_style = style
    return request.ok()


@answers(Command.VERIFY_RRQ)
def read_verify_style(request: Request) -> Reply:
    """Answer how a person has to prove who they are."""
    user = user_by_uid(request)
    return request.ok(_STYLE.pack(user.uid, user.verify_style))


@answers(Command.CLEAR_ADMIN)
def clear_admins(request: Request) -> Reply:
    """Make everybody a plain user; who is disabled stays so."""
    for user in request.device.users:
        user.privilege &= _DISABLED
    return request.ok()
