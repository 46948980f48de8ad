import { debounceTime, type Observable, Subject } from "rxjs";
import type { Replay } from "../../contract.js";
import type { AirspaceBus } from "../airspace-bus.js";
import { findElement, writeText } from "../elements.js";
import { formatCount } from "../format.js";
import { SPEED_STEPS, speedAt, stepOf } from "./speed-scale.js";

/** How long after a change the slider leaves the hub's word aside, in milliseconds. */
const SETTLE = 1_200;

/** What the controls need. */
export interface ReplayControlsParts {
  readonly bus: AirspaceBus;
  readonly replays: Observable<Replay>;
  readonly connected: Observable<boolean>;
  /** Takes the hub's answer to a change at once, before its next tick. */
  readonly adopt: (replay: Replay) => void;
}

/** Speed and pause, shared by everyone who watches. */
export function startReplayControls({ bus, replays, connected, adopt }: ReplayControlsParts): void {
  const pause = findElement("pause", HTMLButtonElement);
  const slider = findElement("speed", HTMLInputElement);
  const value = findElement("speed-value", HTMLElement);
  const message = findElement("replay-message", HTMLElement);
  const changes = new Subject<{ speed: number }>();
  let changedAt = Number.NEGATIVE_INFINITY;
  let paused = false;

  const showSpeed = (speed: number): void => {
    writeText(value, `${formatCount(speed)}×`);
    slider.setAttribute("aria-valuetext", `${formatCount(speed)} simulated seconds a second`);
    slider.style.setProperty("--share", String(Number(slider.value) / SPEED_STEPS));
  };
  const show = (replay: Replay): void => {
    paused = replay.paused;
    pause.dataset.paused = String(paused);
    pause.setAttribute("aria-label", paused ? "Resume the replay" : "Pause the replay");
    document.documentElement.dataset.paused = String(paused);
    if (performance.now() - changedAt < SETTLE) return;
    slider.value = String(stepOf(replay.speed));
    showSpeed(replay.speed);
  };
  const control = async (change: { speed?: number; paused?: boolean }): Promise<void> => {
    const outcome = await bus.request("replay.control", change).result();
    if (outcome.ok) {
      message.textContent = "";
      show(outcome.value);
      adopt(outcome.value);
    } else if (outcome.error.code === "Overflow") {
      message.textContent = "Too many changes: try again in a moment.";
    } else {
      message.textContent = `The change did not reach the hub: ${outcome.error.message}`;
    }
  };

  slider.max = String(SPEED_STEPS);
  replays.subscribe(show);
  connected.subscribe((reachable) => {
    pause.disabled = !reachable;
    slider.disabled = !reachable;
  });
  slider.addEventListener("input", () => {
    changedAt = performance.now();
    const speed = speedAt(Number(slider.value));
    showSpeed(speed);
    changes.next({ speed });
  });
  changes.pipe(debounceTime(150)).subscribe((change) => void control(change));
  pause.addEventListener("click", () => void control({ paused: !paused }));
}
