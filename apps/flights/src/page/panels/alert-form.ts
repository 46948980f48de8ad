import { filter, type Observable } from "rxjs";
import type { Alert } from "../../contract.js";
import type { Failure } from "../airspace-bus.js";
import { airportOf } from "../atlas/airports.js";
import { findElement } from "../elements.js";
import type { Selection } from "../selection.js";

/** How long a refusal may take to come back before an alert counts as sent, in milliseconds. */
const REFUSAL = 1_500;

/** What the form needs. */
export interface AlertFormParts {
  readonly raise: (alert: Alert) => void;
  /** What the hub refused. */
  readonly failures: Observable<Failure>;
  readonly connected: Observable<boolean>;
  readonly selection: Selection;
}

/** The form that raises an alert for everyone; it says when the hub refuses one. */
export function startAlertForm({ raise, failures, connected, selection }: AlertFormParts): void {
  const form = findElement("alert-form", HTMLFormElement);
  const panel = findElement("alert-panel", HTMLElement);
  const text = findElement("alert-text", HTMLInputElement);
  const airport = findElement("alert-airport", HTMLInputElement);
  const message = findElement("alert-message", HTMLElement);
  const send = findElement("alert-send", HTMLButtonElement);
  let closing: ReturnType<typeof setTimeout> | undefined;

  const say = (said: string, failed: boolean): void => {
    message.textContent = said;
    message.dataset.failed = String(failed);
  };
  panel.addEventListener("beforetoggle", () => {
    clearTimeout(closing);
    say("", false);
    airport.value = selection.airport.value?.code ?? "";
  });
  connected.subscribe((reachable) => {
    send.disabled = !reachable;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = airport.value.trim().toUpperCase();
    if (code !== "" && airportOf(code) === undefined) {
      say(`There is no airport ${code} in the replay.`, true);
      airport.focus();
      return;
    }
    const level = new FormData(form).get("level") as Alert["level"];
    raise({ level, text: text.value.trim(), ...(code === "" ? {} : { airport: code }) });
    say("Sent to everyone who watches.", false);
    clearTimeout(closing);
    closing = setTimeout(() => {
      text.value = "";
      panel.hidePopover();
    }, REFUSAL);
  });
  failures.pipe(filter(({ about }) => about === "alert.raised")).subscribe((failure) => {
    clearTimeout(closing);
    panel.showPopover();
    say(`The hub refused it: ${failure.message}`, true);
  });
}
