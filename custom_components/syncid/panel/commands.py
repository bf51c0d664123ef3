"""All commands of the panel."""

from .changes import changes_subscribe, info
from .live import live_subscribe, live_today, punches_list
from .tasks import jobs_begin, jobs_cancel, jobs_dismiss, jobs_get, jobs_subscribe
from .terminals import backups_list, groups_list, terminals_list
from .users import users_list, users_templates

COMMANDS = (
    backups_list,
    changes_subscribe,
    groups_list,
    info,
    jobs_begin,
    jobs_cancel,
    jobs_dismiss,
    jobs_get,
    jobs_subscribe,
    live_subscribe,
    live_today,
    punches_list,
    terminals_list,
    users_list,
    users_templates,
)
