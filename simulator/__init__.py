"""A ZKTeco attendance terminal in software, for whoever writes a client.

It speaks the protocol of port 4370 over TCP and UDP, or pushes over HTTP, and
can be told to go wrong in every way that is known. README.md shows how to use it.
"""

from .adms import ADMS_PROFILES, AdmsFaults, AdmsProfile, AdmsSimulation, AdmsTerminal
from .device import Device, Enrolment
from .events import Event
from .faults import Faults
from .gateway import Gateway, GatewayFaults, GatewaySimulation
from .http import Answer, HttpClient, NoAnswer
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
    "ADMS_PROFILES",
    "PROFILES",
    "Ack",
    "AdmsFaults",
    "AdmsProfile",
    "AdmsSimulation",
    "AdmsTerminal",
    "Answer",
    "AttendanceLog",
    "Command",
    "Device",
    "Enrolment",
    "Event",
    "EventBit",
    "Faults",
    "Gateway",
    "GatewayFaults",
    "GatewaySimulation",
    "HttpClient",
    "Link",
    "NoAnswer",
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
