import "@fontsource-variable/geist/wght.css";
import "@eventwire/styles/styles.css";
import "./styles/person.css";
import type { EventwireError } from "@eventwire/core";
import { askPlaces } from "./ask-places.js";
import { Job, type Shift } from "./driver/job.js";
import { JobCard } from "./driver/job-card.js";
import { createElement, createTag, findElement, writeText } from "./elements.js";
import { type SignedIn, signIn } from "./sign-in.js";

signIn("driver", drive);

function drive({ bus, name }: SignedIn): void {
  const shifts = findElement("shift", HTMLFieldSetElement);
  const duty = findElement("duty", HTMLButtonElement);
  const note = findElement("duty-note", HTMLElement);
  const cities = new Map<string, string>();
  let job: Job | undefined;
  let working: Disposable | undefined;

  const show = () => card.show(job, (place) => cities.get(place) ?? "");
  const card = new JobCard({
    take() {
      job!.step = "taken";
      show();
      card.focus();
    },
    next() {
      if (job!.shift === "parcel.pickup" || job!.step === "inTransit") return job!.done();
      const { parcel, attempt } = job!;
      job!.step = "inTransit";
      // It waits in the page while the hub cannot be heard.
      void bus.emit("parcel.inTransit", { parcel: parcel.parcel, driver: name, attempt });
      show();
    },
    decline: () => job!.decline(),
    fail: (reason) => job!.fail(reason),
  });
  bus.connection.watch((status) => card.connection(status));
  askPlaces(bus).then((places) => {
    for (const { place, city, state } of places) cities.set(place, `${city}, ${state}`);
    show();
  }, console.error);

  /** Has the person do a task; whatever becomes of it is what becomes of the task. */
  const attempt = async (next: Job) => {
    job = next;
    show();
    card.focus();
    showDuty();
    try {
      await next.ended;
      log(next, "good", next.shift === "parcel.pickup" ? "Picked up" : "Delivered");
    } catch (error) {
      const lost = (error as EventwireError).code === "LeaseLost";
      if (next.declined) log(next, "bad", "Declined");
      else log(next, "bad", lost ? "Offline for too long: it is another driver's" : (error as Error).message);
      throw error;
    } finally {
      job = undefined;
      show();
      showDuty();
      duty.focus();
    }
  };

  const begin = (): Disposable => {
    const data = new FormData(findElement("duty-form", HTMLFormElement));
    if ((data.get("shift") as Shift) === "parcel.pickup") {
      return bus.work("parcel.pickup", async (parcel, task) => {
        await attempt(new Job("parcel.pickup", parcel, task));
        task.onDone.emit("parcel.pickedUp", { parcel: parcel.parcel, driver: name, attempt: task.attempt });
      });
    }
    return bus.work("parcel.deliver", async (parcel, task) => {
      await attempt(new Job("parcel.deliver", parcel, task));
      task.onDone.emit("parcel.delivered", { parcel: parcel.parcel, driver: name, attempt: task.attempt });
      return { driver: name };
    });
  };
  const showDuty = () => {
    shifts.disabled = working !== undefined;
    duty.setAttribute("aria-pressed", String(working !== undefined));
    writeText(duty, working ? "Go off duty" : "Go on duty");
    const busy = job ? "One parcel at a time: the next is offered after this one." : "Waiting for a parcel…";
    const off = job ? "Off duty after this parcel." : "Off duty: nothing is offered to you.";
    writeText(note, working ? busy : off);
  };
  duty.addEventListener("click", () => {
    working?.[Symbol.dispose]();
    working = working ? undefined : begin();
    showDuty();
  });
}

function log({ parcel: { parcel, from, to } }: Job, tone: "good" | "bad", words: string): void {
  findElement("log-empty", HTMLElement).hidden = true;
  const item = createElement(
    "li",
    "list__item",
    createElement("span", "list__name", `${from} → ${to}`),
    createTag(tone, tone === "good" ? words : "Given back"),
    createElement("span", "list__note", tone === "good" ? parcel : `${parcel}: ${words}`),
  );
  findElement("log", HTMLOListElement).prepend(item);
}
