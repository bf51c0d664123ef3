// The pictograms of the panel: its own name of each, and which of Material Design Icons that is.
import * as pictures from "@mdi/js";

export const NAMES = {
  account: "mdiAccount",
  back: "mdiArrowLeft",
  backup: "mdiSafeSquareOutline",
  calendar: "mdiCalendarMonth",
  card: "mdiCardAccountDetailsOutline",
  clear: "mdiBroom",
  clock: "mdiClockCheckOutline",
  clockWrong: "mdiClockAlertOutline",
  close: "mdiClose",
  collect: "mdiDatabaseArrowDownOutline",
  copy: "mdiContentCopy",
  door: "mdiDoorOpen",
  download: "mdiDownload",
  drift: "mdiSyncAlert",
  drill: "mdiBullhorn",
  edit: "mdiPencil",
  error: "mdiAlertCircle",
  face: "mdiFaceRecognition",
  finger: "mdiFingerprint",
  forward: "mdiChevronRight",
  import: "mdiFileImportOutline",
  in: "mdiLogin",
  live: "mdiTimelineClock",
  menu: "mdiMenu",
  merge: "mdiAccountMultipleCheck",
  more: "mdiDotsVertical",
  nobody: "mdiAccountQuestion",
  ok: "mdiCheckCircle",
  out: "mdiLogout",
  palm: "mdiHandBackRight",
  pause: "mdiPause",
  people: "mdiAccountGroup",
  pin: "mdiDialpad",
  play: "mdiPlay",
  plus: "mdiPlus",
  print: "mdiPrinter",
  push: "mdiCloudUploadOutline",
  remove: "mdiAccountRemove",
  restart: "mdiRestart",
  restore: "mdiRestore",
  rules: "mdiTuneVariant",
  running: "mdiProgressClock",
  search: "mdiMagnify",
  sync: "mdiSourceBranchSync",
  terminals: "mdiRouterWireless",
  unknown: "mdiHelpCircleOutline",
};

// One file beside the module: a tenth of it would be the paths of pictograms.
export function sprite(names) {
  const symbols = Object.entries(names).map(([name, picture]) => {
    const path = pictures[picture];
    if (!path) throw new Error(`There is no ${picture}`);
    return `<symbol id="${name}" viewBox="0 0 24 24"><path d="${path}"/></symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}
