/** What dashboards need of SyncID: a card and a strategy. Whoever may see a dashboard loads this. */

import { Texts } from "../texts";
import { rootHass } from "../ui/ha";
import { SyncIDCard } from "./card";
import type { DashboardHass } from "./entities";
import { dashboard, type Dashboard, type StrategyConfig } from "./strategy";

class SyncIDStrategy extends HTMLElement {
  static registryDependencies = ["entities"];
  static noEditor = true;

  static async generate(config: StrategyConfig, hass: DashboardHass): Promise<Dashboard> {
    const texts = await Texts.load(hass, ["config_panel"]);
    return dashboard(config, hass, texts.t("card.dashboard"));
  }

  static async getCreateSuggestions(hass: DashboardHass): Promise<{ title: string; icon: string }> {
    const texts = await Texts.load(hass, ["config_panel"]);
    return { title: texts.t("card.dashboard"), icon: "mdi:fingerprint" };
  }
}

// An update brings the module a second time to a page that is open.
function define(tag: string, element: CustomElementConstructor): void {
  if (!customElements.get(tag)) customElements.define(tag, element);
}

interface Offer {
  type: string;
  name: string;
  description: string;
  [key: string]: unknown;
}

const lists = window as unknown as { customCards?: Offer[]; customStrategies?: Offer[] };
const documentationURL = "https://github.com/syncid/syncid#dashboard";
const aCard: Offer = { type: "syncid-card", name: "SyncID", description: "", preview: true, documentationURL };
const aStrategy: Offer = { type: "syncid", strategyType: "dashboard", name: "SyncID", description: "", documentationURL };

function offer(list: Offer[], one: Offer): void {
  if (!list.some(({ type }) => type === one.type)) list.push(one);
}

/** Says in the user's language what is offered, to those who can take it. */
async function describe(): Promise<void> {
  const hass = rootHass<DashboardHass>();
  if (!hass?.user?.is_admin) return;
  const texts = await Texts.load(hass, ["config_panel"]);
  aCard.description = texts.t("card.about");
  aStrategy.description = texts.t("card.about_dashboard");
}

define("syncid-card", SyncIDCard);
define("ll-strategy-dashboard-syncid", SyncIDStrategy);
offer((lists.customCards ??= []), aCard);
offer((lists.customStrategies ??= []), aStrategy);
// What is offered without a description can be taken all the same.
void describe().catch(() => undefined);
