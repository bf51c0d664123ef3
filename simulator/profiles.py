"""The kinds of terminal that can be simulated.

protocol-4370 §6.1. Every figure is a field: make a variant with
``dataclasses.replace(PROFILES["iface702"], record_size=49)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

type EmptyReply = Literal["error", "data", "no_data"]

# The verify byte has two families and the wire does not say which (§2.6).
_VERIFY_OLD = MappingProxyType(
    {"password": 0, "finger": 1, "card": 2, "pin": 3, "face": 15}
)
_VERIFY_NEW = MappingProxyType(
    {"finger": 1, "pin": 2, "password": 3, "card": 4, "face": 15, "palm": 25}
)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What one kind of terminal is and how it speaks."""

    key: str
    name: str
    platform: str
    firmware: str
    user_size: Literal[28, 72] = 72
    record_size: Literal[8, 16, 40, 49] = 40
    # MA300 and kin put the state before the time in their 8-byte records.
    state_before_time: bool = False
    sizes_size: Literal[80, 92] = 92
    # What a burst announces as its frame size. Frames never carry more than
    # wire.MAX_FRAME_DATA bytes, whatever is announced.
    frame_size: int = 65528
    # The largest dataset or window that is answered with one DATA frame.
    direct_limit: int = 1024
    event_size: Literal[10, 12, 14, 32, 36, 37, 52] = 32
    verify_codes: Mapping[str, int] = field(default=_VERIFY_NEW)
    empty_reply: EmptyReply = "error"
    pin_width: int = 9
    encoding: str = "utf-8"
    fingerprint_version: str | None = "10"
    face_version: int | None = None
    # What ~LockFunOn says; with 0 there is no lock (§2.4 does not say what follows).
    lock_function: int = 1
    # Faces by commands 150 to 153, which only infrared face terminals have.
    faces_by_command: bool = False
    # Black-and-white firmware: CONNECT blocks the keypad, EXIT frees it.
    connect_disables: bool = False
    # Very old firmware answers plain 9 and 13 with the whole table.
    plain_reads: bool = False
    # Strict reply ids, except after 65535 (§1.4).
    forgives_wrap: bool = True
    max_users: int = 10_000
    max_fingerprints: int = 3_000
    max_records: int = 100_000
    max_faces: int = 0
    mac: str = "00:17:61:10:51:73"
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def option_table(self, serial: str) -> dict[str, str]:
        """Return the options that command 11 reads (§2.1)."""
        table = {
            "~SerialNumber": serial,
            "~Platform": self.platform,
            "~DeviceName": self.name,
            "MAC": self.mac,
            "~OS": "1",
            "~OEMVendor": "ZKTECO CO., LTD.",
            "~ProductTime": "2018-05-14 10:20:30",
            "~PIN2Width": str(self.pin_width),
            "~SSR": "1" if self.user_size == 72 else "0",
            "~IsOnlyRFMachine": "0",
            "~RFCardOn": "1",
            "IPAddress": "192.168.1.201",
            "NetMask": "255.255.255.0",
            "GATEIPAddress": "192.168.1.1",
            "DeviceID": "1",
            "Language": "69",
            "WorkCode": "0",
            "~LockFunOn": str(self.lock_function),
            "LockOn": "5",
            "VOLUME": "67",
            "AntiPassbackOn": "0",
        }
        if self.user_size == 72:
            table["~UserExtFmt"] = "1"
        if self.fingerprint_version is not None:
            table["~ZKFPVersion"] = self.fingerprint_version
            table["FingerFunOn"] = "1"
        if self.face_version is not None:
            table["ZKFaceVersion"] = str(self.face_version)
            table["FaceFunOn"] = "1"
        return table | dict(self.options)


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.key: profile
        for profile in (
            Profile(
                key="iface702",
                name="iFace702",
                platform="ZMM220_TFT",
                firmware="Ver 6.60 May 14 2018",
                face_version=7,
                faces_by_command=True,
                max_faces=1_500,
            ),
            Profile(
                key="k14",
                name="K14",
                platform="ZEM560",
                firmware="Ver 6.39 Apr  8 2012",
                user_size=28,
                record_size=16,
                sizes_size=80,
                frame_size=1008,
                event_size=12,
                verify_codes=_VERIFY_OLD,
                empty_reply="data",
                fingerprint_version="9",
                lock_function=0,
                connect_disables=True,
                plain_reads=True,
                forgives_wrap=False,
                max_users=500,
                max_fingerprints=500,
                max_records=50_000,
            ),
            Profile(
                key="speedface",
                name="SpeedFace-V5L",
                platform="ZAM180_TFT",
                firmware="Ver 8.0.4.3-20220310",
                record_size=49,
                event_size=52,
                empty_reply="no_data",
                pin_width=14,
                face_version=58,
                max_users=6_000,
                max_fingerprints=6_000,
                max_records=200_000,
                max_faces=6_000,
            ),
        )
    }
)
