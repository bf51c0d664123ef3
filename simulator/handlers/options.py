"""What the terminal tells of itself: options, version, sizes, time.

protocol-4370 §2.1 to §2.3.
"""

from struct import Struct

from simulator.numbers import Command, Detail
from simulator.requests import Request, answers
from simulator.sessions import Reply
from simulator.wire import decode_time, encode_time

_INT = Struct("<I")
_COUNTS = 23


@answers(Command.OPTIONS_RRQ)
def read_option(request: Request) -> Reply:
    """Answer 'Name=Value'; the name may come with or without a 0 (§2.1)."""
    device = request.device
    name = request.data.partition(b"\0")[0].decode("ascii", "replace")
    if name in device.faults.missing_options or name not in device.options:
        return request.error()
    value = device.options[name]
    if name in device.faults.empty_options:
        value = ""
    if not value and device.faults.empty_option_reply == "error":
        return request.error()
    return request.ok(f"{name}={value}".encode() + b"\0")


@answers(Command.OPTIONS_WRQ)
def write_option(request: Request) -> Reply:
    """Take 'Name=Value'."""
    text = request.data.partition(b"\0")[0].decode("utf-8", "replace")
    name, sign, value = text.partition("=")
    if not sign:
        return request.error(Detail.PARAMETER)
    if request.device.faults.refuse_options:
        return request.reply(2001, field=2)
    request.device.options[name] = value
    return request.ok()


@answers(Command.GET_VERSION)
def read_version(request: Request) -> Reply:
    """Answer the firmware version."""
    return request.ok(request.device.profile.firmware.encode() + b"\0")


@answers(Command.GET_PINWIDTH)
def read_pin_width(request: Request) -> Reply:
    """Answer how long user ids may be."""
    return request.ok(bytes((request.device.profile.pin_width,)))


@answers(Command.STATE_RRQ)
def read_state(request: Request) -> Reply:
    """Answer what the terminal is doing, in the session field."""
    return request.ok(field=request.device.state)


@answers(Command.DOORSTATE_RRQ)
def read_door(request: Request) -> Reply:
    """Answer whether the door is open."""
    if not request.device.profile.lock_function:
        return request.error()
    return request.ok(bytes((request.device.door_open,)))


@answers(Command.GET_FREE_SIZES)
def read_sizes(request: Request) -> Reply:
    """Answer 20 or 23 counts and capacities (§2.2)."""
    device = request.device
    profile = device.profile
    counts = [0] * _COUNTS
    counts[4] = len(device.users)
    counts[6] = len(device.fingerprints)
    counts[8] = len(device.log)
    counts[10] = len(device.oplog)
    counts[12] = sum(user.is_admin for user in device.users)
    counts[13] = sum(bool(user.password) for user in device.users)
    counts[14] = profile.max_fingerprints
    counts[15] = profile.max_users
    counts[16] = profile.max_records
    counts[17] = profile.max_fingerprints - counts[6]
    counts[18] = profile.max_users - counts[4]
    counts[19] = profile.max_records - counts[8]
    counts[20] = len(device.faces)
    counts[22] = profile.max_faces
    if request.data:
        index = request.data[0]
        return (
            request.ok(_INT.pack(counts[index]))
            if index < _COUNTS
            else (request.error(Detail.PARAMETER))
        )
    packed = b"".join(_INT.pack(count) for count in counts)
    return request.ok(packed[: profile.sizes_size])


@answers(Command.GET_TIME)
def read_time(request: Request) -> Reply:
    """Answer the device-local time."""
    return request.ok(_INT.pack(encode_time(request.device.now())))


@answers(Command.SET_TIME)
def write_time(request: Request) -> Reply:
    """Set the clock; clients may send more than the 4 bytes that count."""
    (value,) = request.unpack(_INT)
    try:
        request.device.set_time(decode_time(value))
    except ValueError:
        return request.error(Detail.PARAMETER)
    return request.ok()
