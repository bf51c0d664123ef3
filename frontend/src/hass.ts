/** What the panel uses of Home Assistant's `hass`: as little as there can be. */

export interface Message {
  type: string;
  [key: string]: unknown;
}

export interface Connection {
  connected?: boolean;
  addEventListener(event: "ready" | "disconnected", heard: () => void): void;
  removeEventListener(event: "ready" | "disconnected", heard: () => void): void;
  subscribeMessage<T>(
    tell: (event: T) => void,
    message: Message,
    options?: { resubscribe?: boolean },
  ): Promise<() => Promise<void> | void>;
}

export type Localize = (key: string, values?: Record<string, unknown>) => string;

export interface Hass {
  connection: Connection;
  language: string;
  locale: { language: string; time_format?: string; time_zone?: string };
  config: { time_zone: string; country?: string | null };
  user?: { is_admin: boolean };
  themes?: { darkMode?: boolean };
  translationMetadata?: { translations: Record<string, { isRTL?: boolean } | undefined> };
  callWS<T>(message: Message): Promise<T>;
  fetchWithAuth(path: string, init?: RequestInit): Promise<Response>;
}

/** What Home Assistant answers a command with that failed. */
export interface CommandError {
  code: string;
  message: string;
  translation_key?: string | null;
  translation_placeholders?: Record<string, string> | null;
}
