/** Pictograms of Material Design Icons, drawn by ourselves. */

import {
  mdiAccount,
  mdiAccountGroup,
  mdiAlertCircle,
  mdiArrowLeft,
  mdiCardAccountDetailsOutline,
  mdiCheckCircle,
  mdiChevronRight,
  mdiClockAlertOutline,
  mdiClockCheckOutline,
  mdiClose,
  mdiCloudUploadOutline,
  mdiContentCopy,
  mdiDatabaseArrowDownOutline,
  mdiDialpad,
  mdiDoorOpen,
  mdiDotsVertical,
  mdiFaceRecognition,
  mdiFingerprint,
  mdiHandBackRight,
  mdiHelpCircleOutline,
  mdiLogin,
  mdiLogout,
  mdiMagnify,
  mdiMenu,
  mdiPause,
  mdiPencil,
  mdiPlay,
  mdiPlus,
  mdiProgressClock,
  mdiRestart,
  mdiRestore,
  mdiRouterWireless,
  mdiSyncAlert,
  mdiAccountRemove,
  mdiBroom,
  mdiTimelineClock,
  mdiSourceBranchSync,
  mdiSafeSquareOutline,
} from "@mdi/js";
import { html, type TemplateResult } from "lit";

export const mdi = {
  account: mdiAccount,
  back: mdiArrowLeft,
  backup: mdiSafeSquareOutline,
  card: mdiCardAccountDetailsOutline,
  clear: mdiBroom,
  clock: mdiClockCheckOutline,
  clockWrong: mdiClockAlertOutline,
  close: mdiClose,
  collect: mdiDatabaseArrowDownOutline,
  copy: mdiContentCopy,
  door: mdiDoorOpen,
  edit: mdiPencil,
  error: mdiAlertCircle,
  face: mdiFaceRecognition,
  finger: mdiFingerprint,
  forward: mdiChevronRight,
  in: mdiLogin,
  live: mdiTimelineClock,
  menu: mdiMenu,
  more: mdiDotsVertical,
  ok: mdiCheckCircle,
  out: mdiLogout,
  palm: mdiHandBackRight,
  pause: mdiPause,
  people: mdiAccountGroup,
  pin: mdiDialpad,
  play: mdiPlay,
  plus: mdiPlus,
  push: mdiCloudUploadOutline,
  remove: mdiAccountRemove,
  restart: mdiRestart,
  restore: mdiRestore,
  running: mdiProgressClock,
  search: mdiMagnify,
  sync: mdiSourceBranchSync,
  terminals: mdiRouterWireless,
  unknown: mdiHelpCircleOutline,
  drift: mdiSyncAlert,
};

/** For the eye alone: a text beside it, or a label, says the same. */
export function icon(path: string): TemplateResult {
  return html`<svg class="mdi" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${path}></path>
  </svg>`;
}

const METHODS: Record<string, string> = {
  fingerprint: mdi.finger,
  face: mdi.face,
  card: mdi.card,
  pin: mdi.pin,
  password: mdi.pin,
  palm: mdi.palm,
  vein: mdi.palm,
};

export const methodIcon = (method: string): TemplateResult => icon(METHODS[method] ?? mdi.unknown);
