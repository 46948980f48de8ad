import type { DelayLevel } from "../motion/delay-level.js";

/** One bar of a chart. */
export interface Bar {
  readonly start: number;
  readonly value: number;
  readonly level: DelayLevel;
  /** What a pointer on it reads. */
  readonly title: string;
  /** Written below it; empty for none. */
  readonly label: string;
}

const SVG = "http://www.w3.org/2000/svg";
const AXIS = 26;
const FOOT = 18;
const HEAD = 6;

/** Draws bars into an SVG element at its size, newest at the right, with room for `slots` of them. */
export function drawBars(chart: SVGSVGElement, bars: readonly Bar[], slots: number, leastTop: number): void {
  const { clientWidth: width, clientHeight: height } = chart;
  if (width === 0 || height === 0) return;
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const step = niceStep(Math.max(leastTop, ...bars.map(({ value }) => value)) / 2);
  const top = step * 2;
  const floor = height - FOOT;
  const rise = (value: number) => (Math.min(value, top) / top) * (floor - HEAD);
  const grid = [0, step, top].map((value) => {
    const y = Math.round(floor - rise(value)) + 0.5;
    return [
      draw("line", { class: "chart__grid", x1: AXIS, x2: width, y1: y, y2: y }),
      draw("text", { class: "chart__axis", x: AXIS - 6, y: y + 3.5, "text-anchor": "end" }, String(value)),
    ];
  });
  const pitch = (width - AXIS) / slots;
  const drawn = bars.map(({ value, level, title, label }, index) => {
    const x = width - (bars.length - index) * pitch;
    const bar = draw("rect", {
      class: index === bars.length - 1 ? "chart__bar chart__bar--open" : "chart__bar",
      x: x + pitch * 0.12,
      y: floor - Math.max(1.5, rise(value)),
      width: pitch * 0.76,
      height: Math.max(1.5, rise(value)),
      rx: Math.min(2, pitch * 0.2),
    });
    bar.dataset.level = level;
    bar.append(draw("title", {}, title));
    const room = x > AXIS - 4 && x + pitch / 2 < width - 12;
    return label === "" || !room
      ? [bar]
      : [
          bar,
          draw(
            "text",
            { class: "chart__axis", x: x + pitch / 2, y: height - 4, "text-anchor": "middle" },
            label,
          ),
        ];
  });
  chart.replaceChildren(...grid.flat(), ...drawn.flat());
}

/** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}

function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number>,
  text = "",
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text !== "") element.textContent = text;
  return element;
}
