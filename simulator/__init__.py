"""A ZKTeco attendance terminal in software, for whoever writes a client.

It speaks the protocol of port 4370 over TCP and UDP, and can be told to go
wrong in every way that is known. README.md shows how to use it.
"""

from .device import Device, Enrolment
from .events import Event
from .faults import Faults
from .log import AttendanceLog
from .numbers import Ack, Command, EventBit
from .profiles import PROFILES, Profile
from .records import Record
from .server import Server
from .sessions import Link, Reply, Session
from .simulation import Simulation, simulate
from .terminal import Terminal, Traffic
from .users import User, UserRefused, UserTable
from .wire import Packet

__all__ = [
    "PROFILES",
    "Ack",
    "AttendanceLog",
    "Command",
    "Device",
    "Enrolment",
    "Event",
    "EventBit",
    "Faults",
    "Link",
    "Packet",
    "Profile",
    "Record",
    "Reply",
    "Server",
    "Session",
    "Simulation",
    "Terminal",
    "Traffic",
    "User",
    "UserRefused",
    "UserTable",
    "simulate",
]
