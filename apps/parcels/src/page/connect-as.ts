import { type ClientBus, connect, type Status } from "@eventwire/socket.io-client";
import { type Credentials, type Parcels, parcels } from "../contract.js";
import { findElement, writeText } from "./elements.js";

const WORDS: Readonly<Record<Status["state"], [tone: string, word: string]>> = {
  connecting: ["wait", "Connecting"],
  connected: ["good", "Live"],
  reconnecting: ["wait", "Reconnecting"],
  closed: ["bad", "Disconnected"],
};

/** Connects the page as somebody, and shows in its bar how the connection stands. */
export function connectAs(credentials: Credentials): ClientBus<Parcels> {
  const bus = connect(parcels, location.origin, { auth: { ...credentials } });
  const pill = findElement("connection", HTMLElement);
  bus.connection.watch(({ state, reason }) => {
    const [tone, word] = WORDS[state];
    document.documentElement.dataset.connection = state;
    pill.dataset.tone = tone;
    writeText(pill, state === "closed" && reason ? reason.message : word);
  });
  return bus;
}
