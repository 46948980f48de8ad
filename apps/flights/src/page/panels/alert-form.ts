import { filter, type Observable } from "rxjs";
import type { Alert } from "../../contract.js";
import type { Failure } from "../airspace-bus.js";
import { airportOf } from "../atlas/airports.js";
import { findElement } from "../elements.js";
import type { Selection } from "../selection.js";

/** How long the form stays to say what became of an alert, in milliseconds. */
const STAY = 1_500;

/** What the form needs. */
export interface AlertFormParts {
  /** Resolves when the hub has it in its log. */
  readonly raise: (alert: Alert) => Promise<unknown>;
  /** What the hub refused of an earlier page's. */
  readonly failures: Observable<Failure>;
  readonly connected: Observable<boolean>;
  readonly selection: Selection;
}

/** The form that raises an alert for everyone, also while the hub cannot be heard; it says when the hub refuses one. */
export function startAlertForm({ raise, failures, connected, selection }: AlertFormParts): void {
  const form = findElement("alert-form", HTMLFormElement);
  const panel = findElement("alert-panel", HTMLElement);
  const text = findElement("alert-text", HTMLInputElement);
  const airport = findElement("alert-airport", HTMLInputElement);
  const message = findElement("alert-message", HTMLElement);
  let reachable = false;
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
  connected.subscribe((state) => {
    reachable = state;
  });
  const refused = (error: unknown): void => {
    clearTimeout(closing);
    panel.showPopover();
    say(`The hub refused it: ${error instanceof Error ? error.message : error}`, true);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = airport.value.trim().toUpperCase();
    if (code !== "" && airportOf(code) === undefined) {
      say(`There is no airport ${code} in the replay.`, true);
      airport.focus();
      return;
    }
    const level = new FormData(form).get("level") as Alert["level"];
    const alert = { level, text: text.value.trim(), ...(code === "" ? {} : { airport: code }) };
    say(reachable ? "On its way…" : "Kept here, and sent when the hub can be heard.", false);
    raise(alert).then(() => say("Sent to everyone who watches.", false), refused);
    clearTimeout(closing);
    closing = setTimeout(() => {
      text.value = "";
      panel.hidePopover();
    }, STAY);
  });
  failures.pipe(filter(({ about }) => about === "alert.raised")).subscribe(refused);
}
