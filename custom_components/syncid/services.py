"""Actions: all that automations and admins can have done."""

from homeassistant.core import HomeAssistant, callback

from .actions.attendance import async_setup_attendance_actions
from .actions.corrections import async_setup_correction_actions
from .actions.faces import async_setup_face_actions
from .actions.fingers import async_setup_finger_actions
from .actions.imports import async_setup_import_actions
from .actions.installer import async_setup_install_actions
from .actions.mapping import async_setup_mapping_actions
from .actions.merging import async_setup_merge_action
from .actions.people import async_setup_people_actions
from .actions.plans import async_setup_plan_actions
from .actions.sync import async_setup_sync_actions
from .actions.templates import async_setup_template_actions
from .actions.terminal import async_setup_terminal_actions
from .actions.users import async_setup_user_actions

# At a terminal first, then of people and their days.
_SET_UP = (
    async_setup_terminal_actions,
    async_setup_user_actions,
    async_setup_finger_actions,
    async_setup_face_actions,
    async_setup_template_actions,
    async_setup_sync_actions,
    async_setup_import_actions,
    async_setup_people_actions,
    async_setup_merge_action,
    async_setup_mapping_actions,
    async_setup_attendance_actions,
    async_setup_correction_actions,
    async_setup_plan_actions,
    async_setup_install_actions,
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Set up all actions."""
    for set_up in _SET_UP:
        set_up(hass)
