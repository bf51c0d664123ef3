"""All commands of the panel."""

from .adopting import people_adopt
from .attendance import (
    attendance_day,
    attendance_days,
    attendance_export,
    attendance_month,
)
from .changes import changes_subscribe, info
from .directory import act, people_list, people_nobody
from .doubles import people_doubles, people_holdings
from .importing import people_import
from .live import live_subscribe, live_today, punches_list
from .rollcall import drill_begin, drill_end, drill_subscribe, rollcall
from .rules import rules_get, rules_preview, rules_save
from .tasks import jobs_begin, jobs_cancel, jobs_dismiss, jobs_get, jobs_subscribe
from .terminals import backups_list, groups_list, terminals_list
from .users import users_list, users_templates

COMMANDS = (
    act,
    attendance_day,
    attendance_days,
    attendance_export,
    attendance_month,
    people_adopt,
    people_doubles,
    people_holdings,
    people_import,
    people_list,
    people_nobody,
    drill_begin,
    drill_end,
    drill_subscribe,
    rollcall,
    rules_get,
    rules_preview,
    rules_save,
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
