"""What the terminal can be made to do.

protocol-4370 §1.5 (enable, disable), §2.4 and the clearing commands of §2.6.
"""

from struct import Struct

from simulator.numbers import Command, Detail
from simulator.requests import Request, answers
from simulator.sessions import Reply

_INT = Struct("<I")
_LCD_HEAD = Struct("<hbb")


@answers(
    Command.REFRESHDATA,
    Command.REFRESHOPTION,
    Command.ENABLE_CLOCK,
    Command.TRANSSTATE,
)
def acknowledge(request: Request) -> Reply:
    """Do what has no effect that a client could see."""
    return request.ok()


@answers(Command.ENABLEDEVICE)
def enable(request: Request) -> Reply:
    """Let people use the terminal again."""
    if not request.device.profile.connect_disables:
        request.device.enable()
    return request.ok()


@answers(Command.DISABLEDEVICE)
def disable(request: Request) -> Reply:
    """Block the terminal, for ever or for some seconds."""
    if not request.device.profile.connect_disables:
        seconds = int.from_bytes(request.data[:4], "little")
        request.device.disable(seconds)
    return request.ok()


@answers(Command.RESTART)
def restart(request: Request) -> Reply:
    """Reboot, with a word or without (§2.4: both have been seen)."""
    device = request.device
    reply = request.ok() if device.faults.restart_reply else request.silence()
    reply.afterwards.append(device.restart)
    return reply


@answers(Command.POWEROFF)
def power_off(request: Request) -> Reply:
    """Switch off, with a word or without."""
    device = request.device
    reply = request.ok() if device.faults.poweroff_reply else request.silence()
    reply.afterwards.append(device.power_off)
    return reply


@answers(Command.SLEEP)
def sleep(request: Request) -> Reply:
    """Go to sleep."""
    request.device.asleep = True
    return request.ok()


@answers(Command.RESUME)
def resume(request: Request) -> Reply:
    """Wake up."""
    request.device.asleep = False
    return request.ok()


@answers(Command.UNLOCK)
def unlock(request: Request) -> Reply:
    """Open the lock; the unit of the delay is disputed, so it is kept as sent."""
    if not request.device.profile.lock_function:
        return request.error()
    request.device.unlock(int.from_bytes(request.data[:4], "little"))
    return request.ok()


@answers(Command.TESTVOICE)
def test_voice(request: Request) -> Reply:
    """Say something; only the first byte of the index counts."""
    request.device.voices.append(request.data[0] if request.data else 0)
    return request.ok()


@answers(Command.WRITE_LCD)
def write_lcd(request: Request) -> Reply:
    """Show a text."""
    row, _, _ = request.unpack(_LCD_HEAD)
    text = request.data[_LCD_HEAD.size :].strip(b"\0 ")
    request.device.lcd[row] = text.decode("utf-8", "replace")
    return request.ok()


@answers(Command.CLEAR_LCD)
def clear_lcd(request: Request) -> Reply:
    """Show nothing."""
    request.device.lcd.clear()
    return request.ok()


@answers(Command.CLEAR_ATTLOG)
def clear_attendance(request: Request) -> Reply:
    """Delete the attendance log."""
    request.device.clear_log()
    return request.ok()


@answers(Command.CLEAR_OPLOG)
def clear_operations(request: Request) -> Reply:
    """Delete the operation log."""
    request.device.oplog.clear()
    return request.ok()


@answers(Command.CLEAR_DATA)
def clear_data(request: Request) -> Reply:
    """Delete everything, or the one table that a byte names (§2.6)."""
    device = request.device
    table = request.data[0] if request.data else 0
    if table not in {0, 1, 2, 4, 5}:
        return request.error(Detail.PARAMETER)
    if table in {0, 1}:
        device.clear_log()
    if table in {0, 2, 5}:
        device.fingerprints.clear()
    if table in {0, 4}:
        device.oplog.clear()
    if table in {0, 5}:
        device.faces.clear()
        device.users.clear()
    return request.ok()
