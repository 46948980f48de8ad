import type { AirportStats } from "../../contract.js";
import { createElement, findElement } from "../elements.js";
import { formatCount, formatMean } from "../format.js";

const SHOWN = 5;

/** Fills the airport panel's figures; without any it shows that they are on their way. */
export function showStatistics(stats: AirportStats | undefined): void {
  const write = (id: string, text: string | undefined): void => {
    findElement(id, HTMLElement).textContent = text ?? "–";
  };
  write("airport-departures", stats && formatCount(stats.departures));
  write("airport-arrivals", stats && formatCount(stats.arrivals));
  write("airport-inbound", stats && formatCount(stats.inbound));
  write("airport-delay", stats && `${formatMean(stats.meanDelay)} min`);
  findElement("airport-figures", HTMLElement).setAttribute("aria-busy", String(stats === undefined));
  const busiest = stats?.busiest.slice(0, SHOWN) ?? [];
  const most = Math.max(1, ...busiest.map(({ departures }) => departures));
  findElement("airport-busiest", HTMLOListElement).replaceChildren(
    ...busiest.map(({ airport, departures }) => {
      const row = createElement("li", "ranking__row");
      const bar = createElement("span", "ranking__bar");
      bar.style.setProperty("--share", String(departures / most));
      row.append(
        createElement("span", "ranking__name", airport),
        bar,
        createElement("span", "ranking__value", formatCount(departures)),
      );
      return row;
    }),
  );
}
