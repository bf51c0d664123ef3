"""Live events and enrolment at the terminal.

protocol-4370 §2.9 and §2.10, after adrobinoga/zk-protocol.
"""

from collections.abc import Callable
from struct import Struct

from simulator.biometrics import Fingerprint, made_up_template
from simulator.device import Device
from simulator.events import Event
from simulator.numbers import Command, Detail, EventBit
from simulator.requests import BadRequest, Request, answers
from simulator.sessions import Reply, Session
from simulator.users import UserRefused
from simulator.wire import Text, pack_text, unpack_text

_MASK = Struct("<I")
_ENROLL_TFT = Struct("<24sB")
_VALID = 1  # where the request has no flag behind it
_ENROLL_OLD = Struct("<IB")
_ENROLL_UID = Struct("<HB")
_RESULT = Struct("<H")
_TEMPLATE_SIZE = Struct("<H")

_FINGER_EVENTS = EventBit.FINGER | EventBit.ENROLLFINGER | EventBit.FPFTR
_SHORT_PIN = 9
_LONG_PIN = 24
_OK = 0


@answers(Command.REG_EVENT)
def register_events(request: Request) -> Reply:
    """Tell this session of the events in the mask from now on; 0 for none."""
    (request.session.event_mask,) = request.unpack(_MASK)
    return request.ok()


@answers(Command.CANCELCAPTURE)
def cancel_capture(request: Request) -> Reply:
    """Stop waiting for a finger."""
    device = request.device
    device.capturing = False
    if (session := device.enrolling) is not None:
        session.events.forget_paced()
        device.enrolling = None
    return request.ok()


@answers(Command.STARTVERIFY)
def start_verify(request: Request) -> Reply:
    """Wait for a finger; not while somebody is in the menu."""
    if request.device.faults.in_menu:
        return request.error(Detail.WRONG_STATE)
    request.device.capturing = True
    return request.ok()


def _whom(request: Request) -> tuple[str, int]:
    """Return the user id and finger of an enrolment, in any of its forms."""
    device, size = request.device, len(request.data)
    if size >= _ENROLL_TFT.size:
        raw, finger = _ENROLL_TFT.unpack_from(request.data)
        return unpack_text(raw, device.profile.encoding).text, finger
    if size >= _ENROLL_OLD.size:
        number, finger = request.unpack(_ENROLL_OLD)
        # Black-and-white firmware means the uid, pyzk sends the user id.
        if str(number) in device.users:
            return str(number), finger
    else:
        number, finger = request.unpack(_ENROLL_UID)
    if (user := device.users.by_uid(number)) is not None:
        return user.user_id, finger
    return str(number), finger


@answers(Command.STARTENROLL)
def start_enroll(request: Request) -> Reply:
    """Enrol a finger as the device's enroll_script says."""
    device, session = request.device, request.session
    user_id, finger = _whom(request)
    if device.faults.in_menu or device.enrolling is not None:
        return request.error(Detail.WRONG_STATE)
    if not user_id or finger > 9:
        return request.error(Detail.PARAMETER)
    user = device.users.get(user_id)
    if user is None:
        try:
            user = device.add_user(user_id)
        except UserRefused as err:
            raise BadRequest(str(err)) from err
    elif device.fingerprints.get(user.uid, finger) is not None:
        return request.error(Detail.EXISTS)
    device.enrolling = session
    session.event_mask |= _FINGER_EVENTS
    reply = request.ok()
    flags = request.data[_ENROLL_TFT.size :]
    flag = flags[0] if flags else _VALID
    reply.afterwards.append(lambda: _run(device, session, user_id, finger, flag))
    return reply


def _run(
    device: Device, session: Session, user_id: str, finger: int, flag: int
) -> None:
    """Queue the events of an enrolment: press, score, press, score, end."""
    script = device.enroll_script
    template = script.template or made_up_template(f"finger {user_id} {finger}", 1244)

    def queue(
        bit: EventBit, data: bytes = b"", action: Callable[[], None] | None = None
    ) -> None:
        """Queue a step; other registered sessions hear of it when it happens."""

        def happens() -> None:
            """Do what the step does."""
            if action is not None:
                action()
            device.emit(bit, data, skip=session)

        session.events.add(Event(bit, data, paced=True, action=happens))

    def finish() -> None:
        """End the enrolment, with the finger stored if it went well."""
        device.enrolling = None
        if script.result == _OK and (user := device.users.get(user_id)) is not None:
            device.fingerprints.put(user.uid, finger, Fingerprint(template, flag))

    for score in script.scores:
        queue(EventBit.FINGER)
        queue(EventBit.FPFTR, bytes((score,)))
    end = _RESULT.pack(script.result)
    if script.result == _OK:
        width = _SHORT_PIN if device.profile.pin_width <= _SHORT_PIN else _LONG_PIN
        end += (
            _TEMPLATE_SIZE.pack(len(template))
            + pack_text(Text(user_id), width, device.profile.encoding)
            + bytes((finger,))
        )
    queue(EventBit.ENROLLFINGER, end, finish)
    session.link.wake()
