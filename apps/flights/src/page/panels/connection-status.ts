import type { Observable } from "rxjs";
import type { ConnectionStatus } from "../airspace-bus.js";
import { findElement } from "../elements.js";

const WORDS: Readonly<Record<ConnectionStatus["state"], string>> = {
  connecting: "Connecting",
  connected: "Live",
  reconnecting: "Reconnecting",
  closed: "Disconnected",
};

/** Says whether the hub can be heard, and why not; offers another try once the bus has given up. */
export function startConnectionStatus(statuses: Observable<ConnectionStatus>): void {
  const pill = findElement("connection", HTMLElement);
  const word = findElement("connection-word", HTMLElement);
  const notice = findElement("connection-notice", HTMLElement);
  const reason = findElement("connection-reason", HTMLElement);
  const retry = findElement("connection-retry", HTMLButtonElement);
  let heard = false;

  statuses.subscribe((status) => {
    const { state } = status;
    heard ||= state === "connected";
    document.documentElement.dataset.connection = state;
    pill.dataset.state = state;
    word.textContent = WORDS[state];
    notice.hidden = state === "connected" || (state === "connecting" && !heard);
    retry.hidden = state !== "closed";
    const cause = status.reason === undefined ? "" : ` (${status.reason.message.replace(/\.$/, "")})`;
    reason.textContent =
      state === "closed"
        ? `The connection is closed${cause}.`
        : `The hub cannot be heard${cause}. The picture is the last one known; it goes on by itself.`;
  });
  retry.addEventListener("click", () => location.reload());
}
