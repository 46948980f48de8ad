import type { ClientBus } from "@eventwire/socket.io-client";
import type { DeadTask, Parcels } from "../../contract.js";
import { createButton, createElement, findElement, writeText } from "../elements.js";

/** Lists what has used up its attempts, and lets it be redriven, and places be opened. */
export function startDeadPanel(bus: ClientBus<Parcels>): {
  show(dead: number, closed: readonly string[]): void;
} {
  const table = findElement("dead", HTMLTableElement);
  const all = findElement("redrive-all", HTMLButtonElement);
  const message = findElement("message", HTMLElement);
  let listed: readonly DeadTask[] = [];
  let shown = "";
  let places = "";

  const tried = (what: Promise<unknown>) => {
    what.then(
      () => writeText(message, ""),
      (error: Error) => writeText(message, `That did not work: ${error.message}`),
    );
  };
  const redrive = (parcels: readonly string[]) => {
    tried(bus.request("dead.redrive", { parcels: [...parcels] }).then(list));
  };
  const list = async () => {
    listed = await bus.request("dead.list", {});
    const ids = listed.map(({ parcel, diedAt }) => `${parcel} ${diedAt}`).join();
    if (ids === shown) return;
    shown = ids;
    table.hidden = all.disabled = listed.length === 0;
    findElement("dead-empty", HTMLElement).hidden = listed.length > 0;
    writeText(findElement("dead-count", HTMLElement), listed.length > 0 ? String(listed.length) : "");
    table.tBodies[0]!.replaceChildren(...listed.toReversed().map(row));
  };
  const row = ({ task, parcel, reason, attempts, diedAt }: DeadTask) =>
    createElement(
      "tr",
      "",
      createElement("td", "table__name", parcel),
      createElement("td", "table__soft", reason),
      createElement("td", "table__soft table__wide", `${attempts}, ${task.replace("parcel.", "")}`),
      createElement("td", "table__soft table__wide", new Date(diedAt).toLocaleTimeString()),
      createElement(
        "td",
        "table__end",
        createButton("Redrive", `Redrive ${parcel}`, () => redrive([parcel])),
      ),
    );
  all.addEventListener("click", () => redrive(listed.map(({ parcel }) => parcel)));

  return {
    show(dead, closed) {
      if (dead > 0 || listed.length > 0) tried(list());
      if (places === closed.join()) return;
      places = closed.join();
      const text = closed.length > 0 ? "Closed, so that parcels for there fail:" : "All places are open.";
      writeText(findElement("closed-text", HTMLElement), text);
      findElement("closed", HTMLElement).replaceChildren(
        ...closed.map((place) =>
          createButton(`Open ${place}`, `Open ${place}`, () => tried(bus.emit("place.opened", { place }))),
        ),
      );
    },
  };
}
