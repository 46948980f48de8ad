import "@fontsource-variable/geist/wght.css";
import "@eventwire/styles/styles.css";
import "./styles/person.css";
import type { EventwireError } from "@eventwire/core";
import type { ParcelState } from "../contract.js";
import { keepBook } from "../vendor/keep-book.js";
import { Ledger } from "../vendor/ledger.js";
import { newParcelId } from "../vendor/start-vendor.js";
import { askPlaces } from "./ask-places.js";
import { createElement, createTag, findElement, writeText } from "./elements.js";
import { type SignedIn, signIn } from "./sign-in.js";

type Tone = Parameters<typeof createTag>[0];
const WORDS: Readonly<Record<ParcelState["status"], [tone: Tone, word: string]>> = {
  accepted: ["calm", "Handed in"],
  pickedUp: ["busy", "Picked up"],
  inTransit: ["busy", "In transit"],
  delivered: ["good", "Delivered"],
  failed: ["bad", "Failed"],
};

signIn("vendor", ({ bus, name }: SignedIn) => {
  const key = `eventwire-parcels-book-${name}`;
  const lines = localStorage.getItem(key)?.split("\n") ?? [];
  const ledger = new Ledger({
    lines,
    write(line) {
      lines.push(line);
      localStorage.setItem(key, lines.join("\n"));
    },
  });
  const book = keepBook(bus, name, ledger);
  const [from, to] = [findElement("from", HTMLSelectElement), findElement("to", HTMLSelectElement)];
  const result = findElement("result", HTMLElement);
  const cities = new Map<string, string>();

  const show = () => {
    const known = [...book.states.entries()].sort(([, one], [, other]) => other.acceptedAt - one.acceptedAt);
    // Of all of this vendor's, from whichever phone they were handed in.
    const waiting = ledger.waiting.length;
    const all = known.length + waiting;
    const delivered = known.filter(([, { status }]) => status === "delivered").length;
    const waits = waiting > 0 ? `, ${waiting} waiting for the hub` : "";
    writeText(findElement("count", HTMLElement), all > 0 ? `${delivered} of ${all} delivered${waits}` : "");
    findElement("parcels-empty", HTMLElement).hidden = all > 0;
    findElement("parcels", HTMLOListElement).replaceChildren(
      ...ledger.waiting.map((parcel) =>
        row(parcel.parcel, parcel, createTag("wait", "Waits for the hub"), ""),
      ),
      ...known.map(([parcel, state]) => row(parcel, state, createTag(...WORDS[state.status]), noteOf(state))),
    );
  };
  book.states.on(show);
  show();

  askPlaces(bus).then((places) => {
    for (const { place, city } of places) {
      cities.set(place, city);
      for (const select of [from, to]) select.add(new Option(`${city} (${place})`, place));
    }
    from.value = "SEA";
    to.value = "BOS";
  }, console.error);

  findElement("hand-in", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    if (from.value === to.value) {
      writeText(result, "Choose two different places.");
      return;
    }
    const parcel = { parcel: newParcelId(name, Math.random), from: from.value, to: to.value };
    const delivery = book.handIn(parcel);
    writeText(result, `${parcel.parcel} is on its way to ${cities.get(parcel.to)}.`);
    show();
    try {
      const { driver } = await bus.tasks("parcel.deliver").result(await delivery);
      writeText(result, `${parcel.parcel} was delivered by ${driver}.`);
    } catch (error) {
      const { code, message } = error as EventwireError;
      const dead = code === "TaskDead" && "Nobody could deliver it: the operators see to that.";
      writeText(result, `${parcel.parcel} was not delivered. ${dead || message}`);
    }
  });
});

function noteOf({ at, driver, reason }: ParcelState): string {
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return [driver ? `by ${driver}` : "", `at ${time}`, reason ?? ""].filter((part) => part !== "").join(", ");
}

function row(
  parcel: string,
  { from, to }: { from: string; to: string },
  tag: HTMLElement,
  note: string,
): HTMLElement {
  return createElement(
    "li",
    "list__item",
    createElement("span", "list__name", `${from} → ${to}`),
    tag,
    createElement("span", "list__note", [parcel, note].filter((part) => part !== "").join(" ")),
  );
}
