import "@fontsource-variable/geist/wght.css";
import "@eventwire/styles/styles.css";
import "./styles/operations.css";
import type { Queue, VendorCount } from "../contract.js";
import { connectAs } from "./connect-as.js";
import { createElement, findElement, writeText } from "./elements.js";
import { Course, KEPT } from "./operations/course.js";
import { startDeadPanel } from "./operations/dead-panel.js";
import { drawLine } from "./operations/line-chart.js";
import { startProcessesPanel } from "./operations/processes-panel.js";
import { totalOf, verdictOf } from "./operations/total.js";

const key = location.hash.slice(1);
const bus = connectAs({ role: "operator", name: "operator", key });
const processes = startProcessesPanel(key);
const dead = startDeadPanel(bus);
const course = new Course();
const counts = new Map<string, VendorCount>();

bus.on("driver.reported", (report) => processes.report(report));
bus.on("vendor.counted", (count) => {
  counts.set(count.vendor, count);
  const total = totalOf(counts.values());
  for (const field of ["handedIn", "waiting", "underWay", "delivered", "failed"] as const) {
    writeText(findElement(field, HTMLElement), total[field].toLocaleString());
  }
  const { sound, words } = verdictOf(total);
  const verdict = findElement("verdict", HTMLElement);
  verdict.dataset.tone = sound ? "good" : "bad";
  writeText(verdict, words);
});
bus.on("hub.ticked", (tick) => {
  findElement("queues", HTMLElement).replaceChildren(...tick.queues.map(showQueue));
  course.add(tick);
  drawLine(findElement("rate-chart", SVGSVGElement), course.rates, KEPT);
  drawLine(findElement("age-chart", SVGSVGElement), course.ages, KEPT);
  writeText(findElement("rate-value", HTMLElement), String(course.rates.at(-1)));
  writeText(findElement("age-value", HTMLElement), String(course.ages.at(-1)));
  dead.show(
    tick.queues.reduce((sum, queue) => sum + queue.dead, 0),
    tick.closed,
  );
});

function showQueue({ task, waiting, active, delayed, blocked, dead, oldest }: Queue): HTMLElement {
  const figure = (name: string, value: string, alarm = false) => {
    const item = createElement("div", "", createElement("dt", "", name), createElement("dd", "", value));
    item.dataset.alarm = String(alarm);
    return item;
  };
  return createElement(
    "div",
    "",
    createElement("h3", "queue__name", task === "parcel.pickup" ? "Pickups" : "Deliveries"),
    createElement(
      "dl",
      "figures",
      figure("Waiting", String(waiting)),
      figure("Active", String(active)),
      figure("Delayed", String(delayed)),
      figure("After a pickup", String(blocked)),
      figure("Oldest waits", `${Math.round(oldest / 1_000)} s`),
      figure("Dead", String(dead), dead > 0),
    ),
  );
}
