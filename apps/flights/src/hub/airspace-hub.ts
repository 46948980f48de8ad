import type { Bus, Receipt } from "@eventwire/core";
import type * as contract from "../contract.js";
import type { Airspace } from "../contract.js";
import type { Aircraft } from "../replay/aircraft.js";
import type { AirportTraffic } from "../replay/airport-traffic.js";
import type { ReachedMovement } from "../replay/fly-again.js";
import type { OpenReplay } from "../replay/open-replay.js";
import type { ReplayEvent } from "../replay/replay.js";
import { ReplayClock } from "../replay/replay-clock.js";
import { lastMovement, projectLastMovement } from "./last-movement.js";
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
  /**
   * Opens the replay, to go on from a movement that it has reached before; called again when its last flight has landed, and it
   * begins anew.
   */
  open: (reached?: ReachedMovement) => Promise<OpenReplay>;
  /** Simulated seconds a second. */
  speed: number;
  /** Real time in milliseconds that never goes back. */
  now: () => number;
  /** Told when the log did not take movements; they are emitted again. */
  onError: (error: unknown) => void;
}

/** What goes into the log. */
type Movement =
  | { readonly name: "flight.departed"; readonly data: contract.Departure }
  | { readonly name: "flight.arrived"; readonly data: contract.Arrival };

/**
 * Puts the replay on the bus: at every tick what has happened since, and where some of the aircraft are.
 *
 * The log decides how far the replay is. It moves on only when the log has all that happened so far, so that a slow log slows it
 * down; and a hub that is started again goes on behind the last movement in the log.
 */
export class AirspaceHub {
  readonly #bus: Bus<Airspace>;
  readonly #options: AirspaceHubOptions;
  readonly #clock: ReplayClock;
  /** Movements that the log does not have and is to be given next. */
  #due: Movement[] = [];
  /** The number of the last movement. */
  #number: number;
  #opened: OpenReplay;
  #rounds: Rounds<Aircraft>;
  #writing: Promise<void> | undefined;
  #reopening: Promise<void> | undefined;

  private constructor(bus: Bus<Airspace>, opened: OpenReplay, number: number, options: AirspaceHubOptions) {
    const { speed, now } = options;
    this.#bus = bus;
    this.#options = options;
    this.#clock = new ReplayClock({ start: opened.replay.time, speed, now });
    this.#number = number;
    this.#opened = opened;
    this.#rounds = roundsOf(opened);
    this.#due = opened.due.map((event) => this.#happened(event));
  }

  static async open(bus: Bus<Airspace>, options: AirspaceHubOptions): Promise<AirspaceHub> {
    const movements = projectLastMovement(bus);
    await movements.ready;
    const last = movements.get("last");
    return new AirspaceHub(bus, await options.open(last), last?.number ?? 0, options);
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

  /** Resolves when the log has what happened, or is known not to. */
  async written(): Promise<void> {
    await this.#writing;
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

  /** Stops reading, once the log has what happened. To be called while the bus is open, and followed by no tick. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#reopening;
    await this.#opened.close();
  }

  /** Brings the replay to now, or as far as it can go; while the log is behind, nowhere. */
  #move(): void {
    if (this.#writing) return;
    const { replay } = this.#opened;
    const due = this.#clock.time;
    const events = replay.advance(Math.min(due, replay.time + LONGEST_STEP * this.#clock.speed));
    if (replay.time < due) this.#clock.set(replay.time);
    const movements = [...this.#due, ...events.map((event) => this.#happened(event))];
    this.#due = [];
    if (movements.length > 0) this.#writing = this.#write(movements);
  }

  /** Tells what need not be kept of an event, and numbers what is. */
  #happened({ kind, aircraft }: ReplayEvent): Movement {
    this.#number += 1;
    if (kind === "departed") {
      this.#rounds.add(aircraft);
      this.#bus.emit("airport.movement", movementOf(aircraft, "departure"));
      // At 3,600 times a whole flight may fit between two of its turns: it is seen from the start.
      this.#bus.emit("flight.position", positionOf(aircraft, this.#opened.replay.time));
      return { name: "flight.departed", data: departureOf(aircraft, this.#number) };
    }
    this.#rounds.delete(aircraft);
    this.#bus.emit("airport.movement", movementOf(aircraft, "arrival"));
    return { name: "flight.arrived", data: arrivalOf(aircraft, this.#number) };
  }

  /** Appends in one batch. What the log turned out not to have is due again, by its number: each is there once. */
  async #write(movements: readonly Movement[]): Promise<void> {
    const receipts = await Promise.allSettled(movements.map((movement) => this.#emit(movement)));
    const failure = receipts.find((receipt) => receipt.status === "rejected");
    if (failure) {
      this.#options.onError(failure.reason);
      const reached = (await lastMovement(this.#bus))?.number ?? 0;
      this.#due = movements.filter(({ data }) => data.number > reached);
    }
    this.#writing = undefined;
  }

  #emit({ name, data }: Movement): Promise<Receipt> {
    return name === "flight.departed" ? this.#bus.emit(name, data) : this.#bus.emit(name, data);
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
