"""What a terminal reports that is no punch (protocol-adms §5.4, §8.3, §8.4)."""

from collections.abc import Mapping

from ..records import Alarm, AlarmType, Punch, Unreadable
from ..rows import RowDecoder, number, user_id_of
from ..times import text_second, unpack_time

# §5.4: of the entries in the log of operations, those that somebody should know of.
_OPERATIONS: Mapping[int, AlarmType] = {
    2: "denied",
    5: "settings_changed",
    9: "user_removed",
    13: "data_cleared",
    21: "time_changed",
    22: "factory_reset",
    23: "log_cleared",
    24: "admins_cleared",
    29: "door_unlocked",
    32: "duress",
    34: "passback",
    53: "exit_button",
    82: "server_changed",
    83: "server_changed",
}
_ALARMS = frozenset({3, 55})
# What an alarm is about: numbers that port 4370 has too.
_REASONS: Mapping[int, AlarmType] = {
    50: "door_closed",
    51: "door_opened",
    53: "exit_button",
    54: "door_forced",
    55: "tamper",
    58: "misoperation",
    84: "door_closing",
    65535: "alarm_off",
}
# Of these, the first object is the user it was done to.
_OF_OBJECT = frozenset({9, 32, 34})
# After these, nobody may be there any more.
_CLEARED: frozenset[AlarmType] = frozenset({"data_cleared", "factory_reset"})
_NOT_KNOWN_USER = frozenset({"", "0", "65535", "4294967295"})

# §8.3.
_PUNCHES = (range(20), range(200, 254))
_ACCESS: Mapping[int, AlarmType] = {
    7: "alarm_off",
    8: "door_unlocked",
    21: "denied",
    23: "denied",
    24: "passback",
    27: "denied",
    28: "door_held",
    29: "denied",
    30: "denied",
    34: "denied",
    41: "denied",
    68: "denied",
    69: "denied",
    100: "tamper",
    101: "duress",
    102: "door_forced",
    103: "duress",
    200: "door_opened",
    201: "door_closed",
    202: "exit_button",
}


def read_operation(line: str, serial: str) -> Alarm | None:
    """Return what an OPLOG line tells, None for what is nobody's business."""
    fields = line.split("\t")
    words = fields[0].split()
    kind = number(words[1]) if len(words) == 2 else None
    if kind is None:
        return None
    operator = user_id_of(fields[1]) if len(fields) > 1 else None
    time = text_second(fields[2]) if len(fields) > 2 else None
    object_ = fields[3].strip() if len(fields) > 3 else ""
    type_ = _OPERATIONS.get(kind)
    if kind in _ALARMS:
        type_ = _REASONS.get(number(object_) or 0, "unknown")
    if type_ is None:
        return None
    person = user_id_of(object_) if kind in _OF_OBJECT else operator
    return Alarm(
        serial,
        type_,
        code=" ".join(["oplog", str(kind), *(one.strip() for one in fields[3:7])])[:80],
        user_id=None if person is None or person in _NOT_KNOWN_USER else person,
        local_second=time,
    )


def gone_by(alarm: Alarm) -> str | None:
    """Return who is gone after what an alarm tells: "" for anybody, None for nobody."""
    if alarm.type == "user_removed":
        return alarm.user_id or ""
    return "" if alarm.type in _CLEARED else None


def read_access(
    values: Mapping[str, str], raw: str, decoder: RowDecoder, serial: str
) -> Punch | Alarm | Unreadable | None:
    """Return what an event at a door is; None for what is neither (§8.3).

    A punch only with a user, and if the door opened by what they showed.
    """
    event = number(values.get("event", values.get("eventtype", "")))
    user_id = user_id_of(values.get("pin", ""))
    line = raw.encode("utf-8", "backslashreplace")
    if event is None or user_id is None:
        return Unreadable(line, user_id or "", "unknown_layout")
    second = access_time(values)
    is_normal = any(event in normal for normal in _PUNCHES)
    type_ = _ACCESS.get(event)
    if user_id and is_normal and type_ is None:
        if second is None:
            return Unreadable(line, user_id, "impossible_date")
        way = number(values.get("inoutstatus", values.get("inoutstate", "")))
        method, verify = decoder.method_written(
            values.get("verifytype", values.get("verified", ""))
        )
        # 0 and 1 alone are ways: what a third number is, nobody says.
        direction = decoder.direction(way if way in {0, 1} else None)
        return Punch(user_id, second, direction, method, verify, way)
    if is_normal and type_ is None:
        return None
    door = values.get("eventaddr", values.get("doorid", "")).strip()[:16]
    return Alarm(
        serial,
        type_ or "unknown",
        code=f"event {event} door {door}" if door else f"event {event}",
        user_id=user_id or None,
        local_second=second,
    )


def access_time(values: Mapping[str, str]) -> int | None:
    """Return when an event was: written out, or packed."""
    if time := values.get("time"):
        return text_second(time)
    packed = number(values.get("time_second", ""))
    return None if packed is None else unpack_time(packed)
