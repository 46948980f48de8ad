const SVG = "http://www.w3.org/2000/svg";
const AXIS = 30;
const FOOT = 4;
const HEAD = 10;

/** Draws values into an SVG element at its size, the newest at the right, with room for `slots` of them. */
export function drawLine(chart: SVGSVGElement, values: readonly number[], slots: number): void {
  const { clientWidth: width, clientHeight: height } = chart;
  if (width === 0 || height === 0) return;
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const top = niceTop(Math.max(4, ...values));
  const floor = height - FOOT;
  const x = (index: number) => width - ((values.length - 1 - index) * (width - AXIS)) / (slots - 1);
  const y = (value: number) => floor - (value / top) * (floor - HEAD);
  const grid = [0, top / 2, top].flatMap((value) => [
    draw("line", { class: "chart__grid", x1: AXIS, x2: width, y1: y(value), y2: y(value) }),
    draw("text", { class: "chart__axis", x: AXIS - 6, y: y(value) + 3.5, "text-anchor": "end" }, `${value}`),
  ]);
  const line = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const drawn =
    values.length < 2
      ? []
      : [
          draw("polygon", { class: "chart__area", points: `${x(0)},${floor} ${line} ${width},${floor}` }),
          draw("polyline", { class: "chart__line", points: line }),
        ];
  chart.replaceChildren(...grid, ...drawn);
}

/** The next of 2, 4 and 10 times a power of ten, whose half can be written as well. */
export function niceTop(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 4, 6].map((factor) => factor * power).find((top) => top >= least) ?? 10 * power;
}

function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
  text = "",
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}
