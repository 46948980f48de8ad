import {
  type Broker,
  type Bus,
  type Context,
  createBus,
  type DeadError,
  type EnqueueOptions,
  type EventwireError,
  type InvalidError,
  type Receipt,
  type Subscription,
  type TaskReceipt,
  type WorkOptions,
} from "@eventwire/core";
import { ReferenceBroker } from "../log/reference-broker.js";
import type { Bug } from "./bugs.js";
import { contractOf, type Item, type Name, type TaskName, type Version } from "./contract.js";
import type { Listening, Participant } from "./participant.js";
import { SimulatedProcess } from "./process.js";
import { type Saved, watchedBroker } from "./watched-broker.js";
import type { Wish } from "./wish.js";
import type { World } from "./world.js";

/** Told what the system calls an event. */
type Told = (alias: string) => void;

/** Errors that are the system's way to say what has happened to it. */
const expected = new Set(["Broker", "Dead", "Invalid", "LeaseLost", "ListenerFailed", "OutcomeUnknown"]);

/** By how many bytes the journal grows before it is written anew: so few that it happens. */
const rewriteAfter = 12 * 1_024;

/** A process with a bus on the log of its machine. */
export class Program implements Participant {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly broker: Broker;
  readonly bus: Bus<ReturnType<typeof contractOf>, "server">;
  readonly bugs: ReadonlySet<Bug>;
  /** Told of events that cannot be read, and of those that are dead. */
  readonly #passed: Told[] = [];
  readonly #dead: Told[] = [];

  constructor(world: World, name: string, version: Version, bugs: ReadonlySet<Bug>, onSaved: Saved) {
    this.world = world;
    this.bugs = bugs;
    this.process = new SimulatedProcess(world, name);
    const { host, runtime } = this.process;
    const broker = new ReferenceBroker({ host, runtime, rewriteAfter, bugs });
    this.broker = watchedBroker(broker, world, this.process, bugs, onSaved);
    const onError = (error: EventwireError) => this.#failed(error);
    this.bus = createBus(contractOf(version), { broker: this.broker, runtime, onError });
  }

  onPassed(told: Told): void {
    this.#passed.push(told);
  }

  onDead(told: Told): void {
    this.#dead.push(told);
  }

  emit(name: Name, item: Item): Promise<Receipt> {
    return this.bus.emit(name, item);
  }

  /** Any other error says that it is not in the log. */
  refuses(code: string): boolean {
    return code !== "OutcomeUnknown";
  }

  looked(): undefined {
    return undefined;
  }

  enqueue(name: TaskName, item: Item, options: EnqueueOptions): Promise<TaskReceipt> {
    return this.bus.enqueue(name, item, options);
  }

  work(name: TaskName, worker: Parameters<Participant["work"]>[1], options: WorkOptions): Subscription {
    return this.bus.work(name, worker, options);
  }

  result(name: TaskName, id: string): Promise<string> {
    return this.bus.tasks(name).result(id);
  }

  sleep(milliseconds: number): Promise<void> {
    return this.process.sleep(milliseconds);
  }

  listen(
    { pattern, key }: Wish,
    hear: (item: Item, context: Context) => unknown,
    options: Listening,
  ): Subscription {
    const { bus } = this;
    if (pattern === "*") return bus.on("*", (event) => hear(event.data, event), options);
    if (pattern === "stock.counted") return bus.on(pattern, hear, options);
    const keyed = key === undefined ? options : { ...options, key };
    if (pattern === "order.placed") return bus.on(pattern, hear, keyed);
    return bus.on("order.*", (event) => hear(event.data, event), keyed);
  }

  #failed(error: EventwireError): void {
    this.process.note(`error ${error.code}`);
    // A process that stood still has waited too long for a rule, though not for its answer.
    const isLate = error.code === "Denied" && error.message.includes("gave no answer");
    if (!expected.has(error.code) && !isLate)
      this.world.oracle.trouble(`${this.process.name}: ${error.message}`);
    if (error.code === "Dead") for (const told of this.#dead) told((error as DeadError).id);
    if (error.code !== "Invalid") return;
    const issue = (error as InvalidError).issues[0]?.message ?? "";
    const alias = /of event (\S+) cannot be read/.exec(issue)?.[1] ?? "";
    for (const told of this.#passed) told(alias);
  }
}
