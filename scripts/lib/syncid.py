"""SyncID, as its admin uses it."""

from dataclasses import dataclass
from typing import Any

from .client import Client, ClientError
from .home import HOST
from .polling import until

DOMAIN = "syncid"
EVENT_PUNCH = "syncid_punch"
_FLOWS = "/api/config/config_entries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A terminal that was added."""

    entry_id: str
    # Entity ids by the keys of their descriptions.
    entities: dict[str, str]

    @property
    def punch(self) -> str:
        """Return the entity whose state is the last punch."""
        return self.entities["punch"]


async def add_terminal(
    client: Client,
    name: str,
    port: int,
    *,
    comm_key: int = 0,
    mode: str = "realtime",
    direction: str = "auto",
) -> Added:
    """Add a terminal, in the steps in which the pages do."""
    step = await client.post(f"{_FLOWS}/flow", handler=DOMAIN)
    path = f"{_FLOWS}/flow/{step['flow_id']}"
    await client.post(path, next_step_id="terminal")
    step = await client.post(
        path,
        name=name,
        host=HOST,
        port=port,
        comm_key=comm_key,
        mode=mode,
        direction=direction,
    )
    if step["type"] != "create_entry":
        raise ClientError(f"{name} was not added: {step}")
    return await added_terminal(client, step["result"]["entry_id"])


async def add_gateway(client: Client, name: str, serial: str) -> tuple[Added, str, str]:
    """Add a device that pushes; return it, and the address and the token that it needs."""
    step = await client.post(f"{_FLOWS}/flow", handler=DOMAIN)
    path = f"{_FLOWS}/flow/{step['flow_id']}"
    await client.post(path, next_step_id="push")
    step = await client.post(path, name=name, serial=serial, direction="auto")
    if step.get("step_id") != "token":
        raise ClientError(f"{name} was not taken: {step}")
    shown = step["description_placeholders"]
    step = await client.post(path)
    if step["type"] != "create_entry":
        raise ClientError(f"{name} was not added: {step}")
    added = await added_terminal(client, step["result"]["entry_id"])
    return added, shown["url"], shown["token"]


async def add_announced(client: Client, name: str, serial: str) -> Added:
    """Add a terminal that announces itself, as soon as it was found."""

    async def flow() -> str | None:
        """Return the flow that was begun for it."""
        for one in await client.command("config_entries/flow/progress"):
            shown = one["context"].get("title_placeholders", {}).get("name", "")
            if one["handler"] == DOMAIN and serial in shown:
                return str(one["flow_id"])
        return None

    flow_id = await until(flow, f"{serial} is found")
    step = await client.post(f"{_FLOWS}/flow/{flow_id}", name=name, direction="auto")
    if step["type"] != "create_entry":
        raise ClientError(f"{name} was not added: {step}")
    return await added_terminal(client, step["result"]["entry_id"])


async def added_terminal(client: Client, entry_id: str) -> Added:
    """Return a terminal of which the entry is known."""
    entities = {
        entity["unique_id"].rpartition("-")[2]: entity["entity_id"]
        for entity in await client.command("config/entity_registry/list")
        if entity["config_entry_id"] == entry_id
    }
    return Added(entry_id=entry_id, entities=entities)


async def set_options(client: Client, entry_id: str, **options: object) -> None:
    """Change some options of a terminal."""
    step = await client.post(f"{_FLOWS}/options/flow", handler=entry_id)
    filled = {
        field["name"]: value
        for field in step["data_schema"]
        if (value := _offered(field)) is not None
    }
    step = await client.post(
        f"{_FLOWS}/options/flow/{step['flow_id']}", **(filled | options)
    )
    if step["type"] != "create_entry":
        raise ClientError(f"the options were not taken: {step}")


def _offered(field: dict[str, Any]) -> object:
    """Return what a field of a form is filled with when it opens."""
    described = field.get("description") or {}
    return described.get("suggested_value", field.get("default"))


async def until_all_are_loaded(client: Client) -> None:
    """Wait until the device's entry is set up, and the site's, which it brings along."""

    async def are_loaded() -> bool:
        """Tell whether there is nothing that still begins."""
        entries = await client.command("config_entries/get", domain="syncid")
        return len(entries) > 1 and all(one["state"] == "loaded" for one in entries)

    await until(are_loaded, "all entries are loaded")


async def until_history_is_read(client: Client, terminal: Added) -> None:
    """Wait for the end of the first read of a log that is not empty."""
    entity_id = terminal.entities["last_punch"]

    async def is_known() -> bool:
        """Tell whether the ledger knows who punched last."""
        state = await client.state(entity_id)
        return state is not None and state["state"] not in ("unknown", "unavailable")

    await until(is_known, f"{entity_id} is known", seconds=120)
