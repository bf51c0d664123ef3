"""Commands that begin something, and tell how far it is."""

from collections.abc import Callable
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .command import command, subscription
from .jobs import ACTIONS, DATA_JOBS, PEOPLE_ACTIONS, SIGNAL_JOBS
from .payloads import Job, JobDetail, JobList

_JOB = {vol.Required("job"): str}


@command(
    "jobs/begin",
    {
        vol.Required("action"): vol.In((*ACTIONS, *PEOPLE_ACTIONS)),
        vol.Required("data"): dict,
        # A job: its data is taken but for what is said, as for a plan in earnest.
        vol.Optional("like"): str,
    },
)
async def jobs_begin(hass: HomeAssistant, msg: dict[str, Any]) -> Job:
    """Begin an action of ours, with the data that it takes."""
    jobs = hass.data[DATA_JOBS]
    action, data = msg["action"], msg["data"]
    return jobs.async_begin(action, data, msg["context"], msg.get("like"))


@command("jobs/get", _JOB)
async def jobs_get(hass: HomeAssistant, msg: dict[str, Any]) -> JobDetail:
    """Return what came of a job."""
    return hass.data[DATA_JOBS].async_detail(msg["job"])


@command("jobs/cancel", _JOB)
async def jobs_cancel(hass: HomeAssistant, msg: dict[str, Any]) -> None:
    """End a job that somebody waits for at the terminal, or that goes on by steps."""
    hass.data[DATA_JOBS].async_cancel(msg["job"])


@command("jobs/dismiss", _JOB)
async def jobs_dismiss(hass: HomeAssistant, msg: dict[str, Any]) -> None:
    """Forget a job that has ended."""
    hass.data[DATA_JOBS].async_dismiss(msg["job"])


@subscription("jobs/subscribe")
async def jobs_subscribe(
    hass: HomeAssistant, msg: dict[str, Any], tell: Callable[[JobList], None]
) -> Callable[[], None]:
    """Tell which jobs there are, now and whenever one begins, goes on or ends."""

    @callback
    def async_tell() -> None:
        tell(JobList(jobs=hass.data[DATA_JOBS].async_all()))

    async_tell()
    return async_dispatcher_connect(hass, SIGNAL_JOBS, async_tell)
