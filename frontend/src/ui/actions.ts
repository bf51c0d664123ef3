/** What can be done at a terminal: how it looks, and what has to be said before. */

import type { TemplateResult } from "lit";

import { icon, mdi } from "./icons";

const ICONS: Record<string, mdi> = {
  collect_records: mdi.collect,
  clear_records: mdi.clear,
  sync_time: mdi.clock,
  restart: mdi.restart,
  unlock_door: mdi.door,
  enroll_user: mdi.account,
  update_user: mdi.edit,
  remove_user: mdi.remove,
  enroll_fingerprint: mdi.finger,
  enroll_face: mdi.face,
  set_face: mdi.face,
  transfer_templates: mdi.copy,
  sync_users: mdi.sync,
  backup_users: mdi.backup,
  restore_users: mdi.restore,
  adopt_people: mdi.people,
  automap: mdi.ok,
};

export const actionIcon = (action: string): TemplateResult => icon(ICONS[action] ?? mdi.unknown);

/** Done at once, and of no harm. */
export const AT_ONCE = ["collect_records", "sync_time", "backup_users"] as const;
/** Done when the admin has said yes. */
export const ASK_FIRST = ["unlock_door", "restart"] as const;
/** Done when the admin has written the terminal's name: there is no way back. */
export const IN_WORDS = ["clear_records"] as const;
