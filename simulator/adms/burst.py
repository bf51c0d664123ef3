"""A log that is uploaded again and again, over many connections at once."""

from collections.abc import Sequence

from simulator.flood import flood
from simulator.http import Answer, HttpClient

from .lines import body_of, punch_line, rtlog_line
from .records import AdmsPunch
from .terminal import AdmsTerminal


async def flood_log(
    terminal: AdmsTerminal,
    times: int,
    connections: int = 8,
    *,
    limit: int = 100,
    seed: int = 0,
) -> list[Answer]:
    """Upload the whole log so many times, in random pieces that overlap.

    Return all answers; acknowledged or not, the terminal's log stays as it is.
    """
    query = {"table": terminal.log_table}
    if terminal.is_att:
        query["Stamp"] = "9999"
    target = terminal.target("cdata", query)
    headers = {"Content-Type": "text/plain"}
    base_url = terminal.client.base_url

    async def send(client: HttpClient, punches: Sequence[AdmsPunch]) -> Answer:
        """Send one piece."""
        lines = [
            punch_line(punch, terminal.profile, terminal.faults)
            if terminal.is_att
            else rtlog_line(punch, terminal.faults)
            for punch in punches
        ]
        body, _ = body_of(lines, terminal.profile, terminal.faults)
        return await client.request("POST", target, body, headers)

    return await flood(
        terminal.log,
        send,
        lambda: HttpClient(base_url, user_agent=terminal.profile.user_agent),
        times=times,
        connections=connections,
        limit=limit,
        seed=seed,
    )
