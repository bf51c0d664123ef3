"""What the numbers in a punch mean.

Nothing on the wire tells which family of verify codes a terminal speaks, so the
numbers stay beside the words, and a number that is in no table is `unknown`.
"""

from typing import Literal, get_args

from .records import DeviceInfo, Direction, VerifyMethod

type DirectionOption = Literal["auto", "in_only", "out_only", "none"]
type VerifyFamily = Literal["classic", "new", "push"]
type VerifyOption = Literal["auto", "classic", "new"]
DIRECTION_OPTIONS: tuple[DirectionOption, ...] = get_args(DirectionOption.__value__)
VERIFY_OPTIONS: tuple[VerifyOption, ...] = get_args(VerifyOption.__value__)

# protocol-4370 §2.6: the state keys, as stored in the log of every family.
_DIRECTIONS: dict[int, Direction] = {
    0: "check_in",
    1: "check_out",
    2: "break_out",
    3: "break_in",
    4: "overtime_in",
    5: "overtime_out",
}
_SETTLED: dict[DirectionOption, Direction] = {
    "auto": "unknown",
    "in_only": "check_in",
    "out_only": "check_out",
    # A door within, or an assembly point: who punches there neither comes nor goes.
    "none": "unknown",
}

# protocol-4370 §2.6. Where a code says that either of two methods was used, it
# does not say which: unknown. Where it says that both were, the harder to lend
# to a colleague stands for it.
_CLASSIC: dict[int, VerifyMethod] = {
    0: "password",
    1: "fingerprint",
    2: "card",
    3: "pin",
    4: "fingerprint",  # and PIN
    5: "fingerprint",  # and password
    6: "fingerprint",  # and card
    7: "card",  # and password
    8: "fingerprint",  # and card and password
    9: "fingerprint",  # and PIN and password
    15: "face",
}
_NEW: dict[int, VerifyMethod] = {
    1: "fingerprint",
    2: "pin",
    3: "password",
    4: "card",
    8: "fingerprint",  # and PIN
    9: "fingerprint",  # and password
    10: "fingerprint",  # and card
    11: "card",  # and password
    12: "fingerprint",  # and password and card
    13: "fingerprint",  # and PIN and password
    15: "face",
    16: "face",  # and fingerprint
    17: "face",  # and password
    18: "face",  # and card
    19: "face",  # and fingerprint and card
    20: "face",  # and fingerprint and password
    25: "palm",
}
# protocol-adms §5.1: as the new ones, and what they have no numbers for.
_PUSH: dict[int, VerifyMethod] = _NEW | {
    14: "fingerprint",  # and either PIN or card
    21: "vein",
    22: "vein",  # and fingerprint
    23: "vein",  # and password
    24: "vein",  # and card
    26: "palm",  # and card
    27: "palm",  # and face
    28: "palm",  # and fingerprint
    29: "palm",  # and face and fingerprint
}
# protocol-adms §8.3: the bits of a mask, the harder to lend to a colleague first. Bit 0
# says how they belong together.
_MASK: dict[int, VerifyMethod] = {
    1: "face",
    2: "palm",
    3: "palm",
    5: "vein",
    4: "fingerprint",
    11: "card",
    9: "password",
    10: "pin",
}
MASK_DIGITS = 16
# Added to a mask that is kept as a number, so that it is never taken for a code.
MASK_MARK = 1 << MASK_DIGITS

# From 128 on: the style that was set for this very user, numbered alike in both
# families.
_USER_STYLES = {128 + code: method for code, method in _NEW.items()}
_METHODS: dict[VerifyFamily, dict[int, VerifyMethod]] = {
    "classic": _CLASSIC | _USER_STYLES,
    "new": _NEW | _USER_STYLES,
    "push": _PUSH | _USER_STYLES,
}

_NEW_PLATFORMS = ("ZMM", "ZLM", "ZAM")


def direction_of(state_code: int | None, option: DirectionOption) -> Direction:
    """Return the direction of a punch from the state key that was chosen.

    The terminal's own direction settles what the key leaves open. A terminal
    without keys reports 0 for every punch, so that at an exit 0 is no check-in.
    """
    if state_code is None or option == "none":
        return _SETTLED[option]
    if state_code == 0 and option == "out_only":
        return _SETTLED[option]
    return _DIRECTIONS.get(state_code) or _SETTLED[option]


def directions(option: DirectionOption) -> dict[int, Direction]:
    """Return the direction of every state code there is."""
    return {code: direction_of(code, option) for code in range(256)}


def methods(family: VerifyFamily) -> dict[int, VerifyMethod]:
    """Return the verify method of every verify code there is."""
    table = _METHODS[family]
    return {code: table.get(code, "unknown") for code in range(256)}


def method_of_mask(mask: int) -> VerifyMethod:
    """Return the method that stands for those in a mask of an access terminal."""
    used = [method for bit, method in _MASK.items() if mask >> bit & 1]
    return used[0] if used else "unknown"


def pushed_family(option: VerifyOption) -> VerifyFamily:
    """Return the family of verify codes of a terminal that pushes."""
    return "push" if option == "auto" else option


def verify_family(option: VerifyOption, info: DeviceInfo) -> VerifyFamily:
    """Return the family of verify codes that a terminal speaks, or a best guess.

    Terminals that know faces, and the platforms that came with them, use the new
    numbers (protocol-4370 §2.6); 1 and 15 mean the same in both.
    """
    if option != "auto":
        return option
    if (
        info.faces_enabled
        or info.face_version
        or info.platform.startswith(_NEW_PLATFORMS)
    ):
        return "new"
    return "classic"
