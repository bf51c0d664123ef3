"""How an answer is cut into writes.

protocol-4370 §1.8: clients are touchy about which frames share a segment.
"""

from collections.abc import Callable, Sequence

from .faults import Segmentation
from .sessions import Reply
from .wire import Buffer, Packet

type Write = list[Buffer]
# How a packet becomes the buffers of a frame or a datagram.
type Wrap = Callable[[Packet], Write]


def _groups(reply: Reply, segmentation: Segmentation) -> list[Sequence[Packet]]:
    """Return the packets of a reply by the write that they go into."""
    packets = reply.packets
    if not reply.is_burst or segmentation in {"coalesced", "dribble"}:
        return [packets]
    if segmentation == "separate":
        return [[packet] for packet in packets]
    *front, last_data, ack = packets
    return [*([packet] for packet in front), [last_data, ack]]


def plan_writes(reply: Reply, segmentation: Segmentation, wrap: Wrap) -> list[Write]:
    """Return the buffers of each write of a reply."""
    result: list[Write] = [
        [buffer for packet in group for buffer in wrap(packet)]
        for group in _groups(reply, segmentation)
    ]
    if reply.event is not None:
        result[0][:0] = wrap(reply.event)
    return result


def size_of(write: Write) -> int:
    """Return how many bytes a write has."""
    return sum(len(buffer) for buffer in write)


def head_size(reply: Reply, wrap: Wrap) -> int:
    """Return how many bytes lie before and in the PREPARE of a burst."""
    head = [reply.packets[0]]
    if reply.event is not None:
        head.append(reply.event)
    return sum(size_of(wrap(packet)) for packet in head)


def split(plan: list[Write], limit: int) -> tuple[list[Write], list[Write]]:
    """Return the writes of the first limit bytes, and those of the rest."""
    front: list[Write] = []
    rest: list[Write] = []
    for write in plan:
        here: Write = []
        later: Write = []
        for buffer in write:
            part = min(limit, len(buffer))
            limit -= part
            if part:
                here.append(buffer[:part])
            if part < len(buffer):
                later.append(buffer[part:])
        if here:
            front.append(here)
        if later:
            rest.append(later)
    return front, rest
