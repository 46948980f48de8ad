import { auditTime, type Observable, scan } from "rxjs";
import { findElement } from "../elements.js";
import { formatMean, formatTime } from "../format.js";
import { delayLevel } from "../motion/delay-level.js";
import { type DelayWindow, WINDOW } from "../motion/delay-windows.js";
import { type Bar, drawBars } from "./bar-chart.js";
import { fillDelayTable } from "./delay-table.js";

/** Real milliseconds between two drawings: the charts move by the quarter-hour, not by the flight. */
const REDRAW = 1_000;
/** Windows kept: eight hours. */
const KEPT = 32;

/** Draws the mean delay and the share of late departures in the last windows, and writes them as a table. */
export function startDelayChart(windows: Observable<DelayWindow>): void {
  const mean = {
    chart: findElement("mean-chart", SVGSVGElement),
    value: findElement("mean-value", HTMLElement),
  };
  const late = {
    chart: findElement("late-chart", SVGSVGElement),
    value: findElement("late-value", HTMLElement),
  };
  const table = findElement("delay-table", HTMLTableElement);
  const empty = findElement("chart-empty", HTMLElement);
  windows.pipe(scan(remember, [] as readonly DelayWindow[]), auditTime(REDRAW)).subscribe((kept) => {
    const newest = kept.at(-1)!;
    empty.hidden = kept.length > 1;
    mean.value.textContent = formatMean(newest.meanDelay);
    late.value.textContent = (newest.shareLate * 100).toFixed(0);
    drawBars(
      mean.chart,
      kept.map((window) => bar(window, window.meanDelay, `${formatMean(window.meanDelay)} min`)),
      KEPT,
      10,
    );
    drawBars(
      late.chart,
      kept.map((window) => bar(window, window.shareLate * 100, `${(window.shareLate * 100).toFixed(0)}%`)),
      KEPT,
      25,
    );
    fillDelayTable(table, kept);
  });
}

function remember(kept: readonly DelayWindow[], window: DelayWindow): readonly DelayWindow[] {
  const others = kept.filter(({ start }) => start !== window.start);
  return [...others, window].sort((one, other) => one.start - other.start).slice(-KEPT);
}

function bar(window: DelayWindow, value: number, said: string): Bar {
  const until = formatTime(window.start + WINDOW);
  return {
    start: window.start,
    value,
    level: delayLevel(window.meanDelay),
    title: `${formatTime(window.start)}–${until}: ${said}, ${window.departures} departures`,
    label: window.start % 3_600_000 === 0 ? formatTime(window.start) : "",
  };
}
