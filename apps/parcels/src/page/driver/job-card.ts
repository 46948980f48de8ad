import type { Status } from "@eventwire/socket.io-client";
import { findElement, writeText } from "../elements.js";
import type { Job } from "./job.js";

/** What the driver says of a job. */
export interface JobActions {
  take(): void;
  /** In transit, then done. */
  next(): void;
  decline(): void;
  fail(reason: string): void;
}

/** Shows the job in hand, what can be done with it, and whose it is while the phone is offline. */
export class JobCard {
  readonly #card = findElement("job", HTMLElement);
  readonly #lease = findElement("lease", HTMLElement);
  #job: Job | undefined;
  #isOffline = false;

  constructor(actions: JobActions) {
    const click = (id: string, act: () => void) =>
      findElement(id, HTMLButtonElement).addEventListener("click", act);
    click("take", actions.take);
    click("decline", actions.decline);
    click("next", actions.next);
    findElement("fail", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const reason = findElement("reason", HTMLInputElement);
      actions.fail(reason.value.trim() || "No reason was given");
      reason.value = "";
    });
    setInterval(() => this.#showLease(), 1_000);
  }

  show(job: Job | undefined, cityOf: (place: string) => string): void {
    this.#job = job;
    this.#card.hidden = job === undefined;
    if (!job) return;
    const { shift, parcel, attempt, step } = job;
    const pickup = shift === "parcel.pickup";
    const text = (id: string, words: string) => writeText(findElement(id, HTMLElement), words);
    const title = {
      offered: pickup ? "A pickup for you" : "A delivery for you",
      taken: pickup ? "Pick it up" : "Deliver it",
    };
    text("job-title", step === "offered" ? title.offered : title.taken);
    text("from", parcel.from);
    text("to", parcel.to);
    text("from-city", cityOf(parcel.from));
    text("to-city", cityOf(parcel.to));
    text("parcel", parcel.parcel);
    text("attempt", String(attempt));
    const atTransit = !pickup && step === "taken";
    text("next", pickup ? "I have picked it up" : atTransit ? "It is in transit" : "It is delivered");
    const far = { offered: "0%", taken: "15%", inTransit: "65%" }[step];
    findElement("way", HTMLElement).style.setProperty("--far", far);
    findElement("offer", HTMLElement).hidden = step !== "offered";
    findElement("at-work", HTMLElement).hidden = step === "offered";
    this.#showLease();
  }

  /** Has the keyboard and screen readers begin at the job. */
  focus(): void {
    findElement("job-title", HTMLElement).focus();
  }

  connection({ state }: Status): void {
    this.#isOffline = state !== "connected";
    this.#showLease();
  }

  #showLease(): void {
    if (!this.#job) return;
    const [title, text] = [findElement("lease-title", HTMLElement), findElement("lease-text", HTMLElement)];
    this.#lease.dataset.state = this.#isOffline ? "offline" : "held";
    if (!this.#isOffline) {
      writeText(title, "It is yours");
      writeText(text, "Should this phone be offline for half a minute, another driver is given it.");
      return;
    }
    const left = Math.ceil((this.#job.leasedUntil - Date.now()) / 1_000);
    writeText(
      title,
      left > 0 ? `Offline: yours for about ${left} s more` : "Offline: it may be another's by now",
    );
    writeText(
      text,
      left > 0
        ? "Back in time, you simply go on. What you report meanwhile is sent then."
        : "If nobody has taken it yet it is still yours when you are back.",
    );
  }
}
