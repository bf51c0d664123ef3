/** Texts that are their keys, for what asks Home Assistant for them. */
export const KEYS = new Proxy<Record<string, string>>(
  {},
  { get: (_, key) => String(key).replace("component.syncid.config_panel.", "") },
);
