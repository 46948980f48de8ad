import type { Bus } from "@eventwire/core";
import type * as contract from "../contract.js";
import type { Airspace } from "../contract.js";
import type { Aircraft } from "../replay/aircraft.js";
import type { AirportTraffic } from "../replay/airport-traffic.js";
import { type OpenReplay, REPLAY_START } from "../replay/open-replay.js";
import type { ReplayEvent } from "../replay/replay.js";
import { ReplayClock } from "../replay/replay-clock.js";
import { arrivalOf, departureOf, movementOf, positionOf } from "./messages.js";
import { Rounds } from "./rounds.js";

/** Milliseconds between two ticks. */
export const TICK = 250;

/** Ticks in which every aircraft reports its position once: 3 seconds. */
const TICKS_A_ROUND = 12;

/**
 * The most real time that one tick makes up for. A machine that slept, or cannot keep up, sees the replay
 * slow down: no flight is skipped, and no tick ever has hours of traffic to emit at once.
 */
const LONGEST_STEP = 1_000;

export interface AirspaceHubOptions {
  /** Opens the replay; called again when its last flight has landed, and it begins anew. */
  open: () => Promise<OpenReplay>;
  /** Simulated seconds a second. */
  speed: number;
  /** Real time in milliseconds that never goes back. */
  now: () => number;
}

/** Puts the replay on the bus: at every tick what has happened since, and where some of the aircraft are. */
export class AirspaceHub {
  readonly #bus: Bus<Airspace>;
  readonly #options: AirspaceHubOptions;
  readonly #clock: ReplayClock;
  #opened: OpenReplay;
  #rounds: Rounds<Aircraft>;
  #reopening: Promise<void> | undefined;

  private constructor(bus: Bus<Airspace>, opened: OpenReplay, options: AirspaceHubOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#clock = new ReplayClock({ start: REPLAY_START, speed: options.speed, now: options.now });
    this.#opened = opened;
    this.#rounds = roundsOf(opened);
  }

  static async open(bus: Bus<Airspace>, options: AirspaceHubOptions): Promise<AirspaceHub> {
    return new AirspaceHub(bus, await options.open(), options);
  }

  /** Moves the replay on to now and emits what came of it. To be called every `TICK` milliseconds. */
  tick(): void {
    this.#move();
    const { replay } = this.#opened;
    for (const aircraft of this.#rounds.turn()) {
      this.#bus.emit("flight.position", positionOf(aircraft, replay.time));
    }
    this.#bus.emit("replay.ticked", this.state);
    if (replay.finished) this.#reopening ??= this.#reopen();
  }

  /** The replay's state at the last tick. */
  get state(): contract.Replay {
    const { time, departed, airborne, unplaced } = this.#opened.replay;
    const { speed, paused } = this.#clock;
    return { simulatedTime: Math.round(time), speed, paused, departed, airborne: airborne.size, unplaced };
  }

  /** Where every aircraft was at the last tick. */
  positions(): contract.Position[] {
    const { airborne, time } = this.#opened.replay;
    return Array.from(airborne, (aircraft) => positionOf(aircraft, time));
  }

  /** What an airport has seen; undefined when no flight has come or gone. */
  traffic(airport: string): AirportTraffic | undefined {
    return this.#opened.replay.traffic(airport);
  }

  /** Changes the speed, pauses or goes on, from where the replay is; everyone is told. */
  control({ speed, paused }: { speed?: number | undefined; paused?: boolean | undefined }): contract.Replay {
    this.#move();
    if (speed !== undefined) this.#clock.speed = speed;
    if (paused !== undefined) this.#clock.paused = paused;
    this.#bus.emit("replay.ticked", this.state);
    return this.state;
  }

  /** Stops reading. */
  async close(): Promise<void> {
    await this.#reopening;
    await this.#opened.close();
  }

  /** Brings the replay to now, or as far as it can go. */
  #move(): void {
    const { replay } = this.#opened;
    const due = this.#clock.time;
    const events = replay.advance(Math.min(due, replay.time + LONGEST_STEP * this.#clock.speed));
    if (replay.time < due) this.#clock.set(replay.time);
    for (const event of events) this.#emit(event);
  }

  #emit({ kind, aircraft }: ReplayEvent): void {
    if (kind === "departed") {
      this.#rounds.add(aircraft);
      this.#bus.emit("flight.departed", departureOf(aircraft));
      this.#bus.emit("airport.movement", movementOf(aircraft, "departure"));
      // At 3,600 times a whole flight may fit between two of its turns: it is seen from the start.
      this.#bus.emit("flight.position", positionOf(aircraft, this.#opened.replay.time));
    } else {
      this.#rounds.delete(aircraft);
      this.#bus.emit("flight.arrived", arrivalOf(aircraft));
      this.#bus.emit("airport.movement", movementOf(aircraft, "arrival"));
    }
  }

  async #reopen(): Promise<void> {
    const opened = await this.#options.open();
    await this.#opened.close();
    this.#opened = opened;
    this.#rounds = roundsOf(opened);
    this.#clock.set(opened.replay.time);
    this.#reopening = undefined;
  }
}

function roundsOf({ replay }: OpenReplay): Rounds<Aircraft> {
  const rounds = new Rounds<Aircraft>(TICKS_A_ROUND);
  for (const aircraft of replay.airborne) rounds.add(aircraft);
  return rounds;
}
