import type { DriverReport } from "../../contract.js";
import type { ProcessState } from "../../supervisor/supervised.js";
import { createButton, createElement, createTag, findElement, writeText } from "../elements.js";

const TONES = { running: "good", stopping: "wait", waiting: "wait", stopped: "bad" } as const;
const WORDS = { running: "Running", stopping: "Stopping", waiting: "Lost, starts again", stopped: "Stopped" };
const ACTIONS = {
  running: ["stop", "kill"],
  stopping: ["kill"],
  waiting: ["start", "stop"],
  stopped: ["start"],
} as const;
const LABELS = { stop: "Stop", kill: "Kill", start: "Start" };

/** Lists the processes, with what the drivers are doing, and lets them be stopped, killed and started. */
export function startProcessesPanel(key: string): { report(report: DriverReport): void } {
  const body = findElement("processes", HTMLTableElement).tBodies[0]!;
  const message = findElement("processes-message", HTMLElement);
  const reports = new Map<string, DriverReport>();
  const rows = new Map<string, HTMLTableRowElement>();

  /** Asks the supervisor, which is there also while the hub is not. */
  const ask = async (path = "", method = "GET") => {
    try {
      const headers = { Authorization: `Bearer ${key}` };
      const response = await fetch(`/processes${path}`, { method, headers });
      if (!response.ok) throw new Error(response.status === 403 ? "The key is wrong" : response.statusText);
      for (const state of (await response.json()) as ProcessState[]) show(state);
      writeText(message, "");
    } catch (error) {
      writeText(message, `The supervisor did not answer: ${(error as Error).message}.`);
    }
  };
  const show = (process: ProcessState) => {
    const { name, kind, state, losses } = process;
    const doing = reports.get(name);
    // A row that stays as it is keeps its focus.
    const shown = JSON.stringify([state, losses, state === "running" && doing]);
    const before = rows.get(name);
    if (before?.dataset.shown === shown) return;
    const row = createElement(
      "tr",
      "",
      createElement("th", "table__name", name, kindNote(name, kind)),
      createElement(
        "td",
        "",
        createTag(TONES[state], losses ? `${WORDS[state]} · ${losses} lost` : WORDS[state]),
      ),
      createElement("td", "table__soft table__wide", state === "running" ? work(doing) : ""),
      createElement("td", "table__soft table__wide", doing ? `${doing.done} · ${doing.failed} failed` : ""),
      createElement(
        "td",
        "table__end",
        ...ACTIONS[state].map((action) =>
          createButton(
            LABELS[action],
            `${LABELS[action]} ${name}`,
            () => void ask(`/${name}/${action}`, "POST"),
            action === "kill" ? "button--bad" : "",
          ),
        ),
      ),
    );
    row.cells[0]!.setAttribute("scope", "row");
    row.dataset.shown = shown;
    const focused = document.activeElement?.getAttribute("aria-label");
    if (before) before.replaceWith(row);
    else body.append(row);
    rows.set(name, row);
    if (focused?.endsWith(` ${name}`)) {
      (row.querySelector<HTMLElement>(`[aria-label="${focused}"]`) ?? row.querySelector("button"))?.focus();
    }
  };

  void ask();
  setInterval(() => void ask(), 1_000);
  return { report: (report) => void reports.set(report.driver, report) };
}

function kindNote(name: string, kind: string): string | Node {
  return name === kind ? "" : createElement("span", "kind", ` ${kind}`);
}

function work(report: DriverReport | undefined): string {
  if (!report) return "";
  const doing = report.doing.map(({ parcel, step, attempt }) => {
    return `${parcel}: ${step}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
  });
  return doing.join("\n") || "waits for work";
}
