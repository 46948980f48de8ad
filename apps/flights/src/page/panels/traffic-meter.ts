import { interval, map, type Observable, pairwise, scan } from "rxjs";
import type { ConnectionCounters } from "../airspace-bus.js";
import { findElement } from "../elements.js";
import { formatCount } from "../format.js";

/** What crossed the connection in one second. */
export interface Traffic {
  readonly events: number;
  readonly frames: number;
  readonly bytes: number;
  readonly sent: number;
}

const SECONDS = 60;

/** Measures what crosses the connection, from the bus's own counters. */
export function measureTraffic(counters: () => ConnectionCounters): Observable<Traffic> {
  return interval(1_000).pipe(
    map(() => ({ ...counters(), at: performance.now() })),
    pairwise(),
    map(([before, now]) => {
      const rate = (name: keyof ConnectionCounters) =>
        ((now[name] - before[name]) * 1_000) / (now.at - before.at);
      return {
        events: rate("eventsIn"),
        frames: rate("framesIn"),
        bytes: rate("bytesIn"),
        sent: rate("eventsOut"),
      };
    }),
  );
}

/** Shows the traffic of the last second in figures, and the events of the last minute as a line. */
export function startTrafficMeter(traffic: Observable<Traffic>): void {
  const line = findElement("traffic-line", SVGPolylineElement);
  const figures = {
    events: findElement("traffic-events", HTMLElement),
    frames: findElement("traffic-frames", HTMLElement),
    bytes: findElement("traffic-bytes", HTMLElement),
    batch: findElement("traffic-batch", HTMLElement),
  };
  traffic.subscribe(({ events, frames, bytes }) => {
    figures.events.textContent = formatCount(events);
    figures.frames.textContent = formatCount(frames);
    figures.bytes.textContent = formatBytes(bytes);
    figures.batch.textContent = frames < 0.5 ? "–" : formatCount(events / frames);
  });
  traffic
    .pipe(scan((kept, { events }) => [...kept, events].slice(-SECONDS), [] as readonly number[]))
    .subscribe((kept) => {
      const top = Math.max(1, ...kept);
      const points = kept.map(
        (events, index) => `${SECONDS - kept.length + index},${19 - (events / top) * 18}`,
      );
      line.setAttribute("points", points.join(" "));
    });
}

function formatBytes(bytes: number): string {
  return bytes < 999_500
    ? `${(bytes / 1_000).toFixed(bytes < 9_950 ? 1 : 0)} kB`
    : `${(bytes / 1e6).toFixed(1)} MB`;
}
