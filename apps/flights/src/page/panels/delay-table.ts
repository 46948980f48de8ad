import { createElement, writeText } from "../elements.js";
import { formatMean, formatTime } from "../format.js";
import type { DelayWindow } from "../motion/delay-windows.js";

/** Writes the charts' numbers as table rows, for those who do not see the charts. */
export function fillDelayTable(table: HTMLTableElement, windows: readonly DelayWindow[]): void {
  const body = table.tBodies[0] ?? table.createTBody();
  while (body.rows.length > windows.length) body.deleteRow(-1);
  while (body.rows.length < windows.length) {
    const row = body.insertRow();
    const head = createElement("th", "");
    head.scope = "row";
    row.append(head, row.insertCell(), row.insertCell(), row.insertCell());
  }
  for (const [index, { start, departures, meanDelay, shareLate }] of windows.entries()) {
    const said = [
      formatTime(start),
      String(departures),
      formatMean(meanDelay),
      `${(shareLate * 100).toFixed(0)}%`,
    ];
    for (const [cell, text] of said.entries()) writeText(body.rows[index]!.cells[cell]!, text);
  }
}
