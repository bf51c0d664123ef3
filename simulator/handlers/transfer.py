"""Moving tables: buffered reads down, buffered uploads up.

protocol-4370 §2.11 and §2.12, after fananimi/pyzk and its captures.
"""

from struct import Struct
from zlib import adler32

from simulator.numbers import Ack, Command
from simulator.profiles import EmptyReply
from simulator.requests import Request, answers
from simulator.sessions import ReadBuffer, Reply, UploadBuffer
from simulator.wire import Buffer

_PREPARE = Struct("<BHII")
_WINDOW = Struct("<II")
_SIZE = Struct("<I")
_UID_FINGER = Struct("<HB")

_FINGERPRINTS = 2
_MAX_UPLOAD = 1 << 24


def _table(request: Request, table: int, parameter: int) -> Buffer | None:
    """Return a dataset with its 4-byte total in front, or None for no such."""
    device = request.device
    match table:
        case Command.USERTEMP_RRQ:
            rows = device.users.pack(garbage=device.faults.garbage_padding)
        case Command.ATTLOG_RRQ:
            return device.log.dataset()
        case Command.DB_RRQ if parameter == _FINGERPRINTS:
            rows = device.fingerprints.pack()
        case Command.OPLOG_RRQ:
            rows = device.oplog.packed
        case _:
            return None
    return _SIZE.pack(len(rows)) + rows


def _empty(request: Request) -> Reply:
    """Answer that a table is empty, as this kind of terminal does."""
    kind: EmptyReply = (
        request.device.faults.empty_reply or request.device.profile.empty_reply
    )
    match kind:
        case "data":
            return request.one_data(_SIZE.pack(0))
        case "no_data":
            return request.reply(Ack.NO_DATA)
        case "error":
            return request.error()


@answers(Command.PREPARE_BUFFER)
def prepare(request: Request) -> Reply:
    """Answer the dataset if it is small, else lay it ready."""
    _, table, parameter, _ = request.unpack(_PREPARE)
    request.session.buffer = None
    if (dataset := _table(request, table, parameter)) is None:
        return request.error()
    size = len(dataset)
    if size == _SIZE.size:
        return _empty(request)
    if request.fits_one_frame(size):
        return request.one_data(dataset)
    request.session.buffer = ReadBuffer(dataset, is_log=table == Command.ATTLOG_RRQ)
    # How the device makes the last four bytes is not known; no client looks.
    return request.ok(b"\0" + _SIZE.pack(size) * 2 + _SIZE.pack(adler32(dataset)))


@answers(Command.READ_BUFFER)
def read(request: Request) -> Reply:
    """Answer a window of what has been prepared."""
    faults = request.device.faults
    buffer = request.session.buffer
    start, size = request.unpack(_WINDOW)
    if not isinstance(buffer, ReadBuffer):
        return request.error()
    if start not in {0, buffer.position}:
        match faults.tail_reads:
            case "refuse":
                return request.error()
            case "from_zero":
                start = 0
            case "honour":
                pass
    window = _window(request, buffer, start, size)
    if window is None:
        return request.error()
    buffer.position = start + size
    if not size:
        silent = faults.empty_window == "silent"
        return request.silence() if silent else request.one_data(b"")
    small = request.fits_one_frame(size)
    if small and not (buffer.is_log and faults.small_windows_burst):
        return request.one_data(window)
    return request.burst(window)


def _window(
    request: Request, buffer: ReadBuffer, start: int, size: int
) -> Buffer | None:
    """Return the bytes of a window, or None if it goes beyond the end."""
    if start + size > len(buffer.data):
        return None
    if not (buffer.is_log and request.device.faults.live_file):
        return memoryview(buffer.data)[start : start + size]
    # The total in front is that of the prepare, the records are those of now.
    head = bytes(buffer.data[: _SIZE.size])[start : start + size]
    first = max(0, start - _SIZE.size)
    rows = request.device.log.window(first, size - len(head))
    return head + rows if len(head) + len(rows) == size else None


@answers(Command.USERTEMP_RRQ)
def read_user_table(request: Request) -> Reply:
    """Answer one template without its flag, or all people on old firmware."""
    if len(request.data) == _UID_FINGER.size:
        uid, finger = request.unpack(_UID_FINGER)
        fingerprint = request.device.fingerprints.get(uid, finger)
        return request.burst(fingerprint.template) if fingerprint else request.error()
    return _read_plain(request)


@answers(Command.ATTLOG_RRQ)
def _read_plain(request: Request) -> Reply:
    """Answer a whole table at once, as very old firmware does."""
    if not request.device.profile.plain_reads:
        return request.reply(Ack.UNKNOWN)
    dataset = _table(request, request.command, 0)
    if dataset is None or len(dataset) == _SIZE.size:
        return _empty(request)
    if request.fits_one_frame(len(dataset)):
        return request.one_data(dataset)
    return request.burst(dataset)


@answers(Command.FREE_DATA)
def free(request: Request) -> Reply:
    """Forget the buffer; clients send this first, when there is none."""
    request.session.buffer = None
    return request.ok()


@answers(Command.PREPARE_DATA)
def begin_upload(request: Request) -> Reply:
    """Make room for what the client will send."""
    (size,) = request.unpack(_SIZE)
    if not 0 < size <= _MAX_UPLOAD:
        return request.error()
    request.session.buffer = UploadBuffer(size)
    return request.ok()


@answers(Command.DATA)
def upload(request: Request) -> Reply:
    """Take a piece of any length, up to what was announced."""
    buffer = request.session.buffer
    if not isinstance(buffer, UploadBuffer):
        return request.error()
    if len(buffer.data) + len(request.data) > buffer.size:
        return request.error()
    buffer.data += request.data
    return request.ok()
