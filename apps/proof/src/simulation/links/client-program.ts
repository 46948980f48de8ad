import type {
  Context,
  EnqueueOptions,
  EventwireError,
  InvalidError,
  OutboxStore,
  Receipt,
  Subscription,
  TaskReceipt,
  WorkOptions,
} from "@eventwire/core";
import { type ClientBus, createClient } from "@eventwire/wire";
import type { Bug } from "../bugs.js";
import { contractOf, type Item, type Name, names, type TaskName, type Version } from "../contract.js";
import type { Listening, Participant } from "../participant.js";
import { SimulatedProcess } from "../process.js";
import { type Wish, wantedBy } from "../wish.js";
import type { World } from "../world.js";
import type { Links } from "./links.js";

/** Errors that are the system's way to say what has happened to it. */
const expected = new Set([
  "AttemptTimeout",
  "Denied",
  "Disconnected",
  "Invalid",
  "LeaseLost",
  "ListenerFailed",
  "OutcomeUnknown",
  "Unavailable",
]);

/** Errors of an emit that say that nothing of it is in the log. */
const refusals = new Set(["Denied", "Invalid", "Overflow", "Unavailable"]);

/** A process on a device, with a bus over links to whichever server it finds. */
export class ClientProgram implements Participant {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly bugs: ReadonlySet<Bug>;
  readonly user: string;
  readonly bus: ClientBus<ReturnType<typeof contractOf>>;
  readonly #links: Links;
  readonly #passed: ((alias: string) => void)[] = [];
  #regaining = false;

  constructor(
    world: World,
    links: Links,
    { user, name, version, store, codec }: ClientOptions,
    bugs: ReadonlySet<Bug>,
  ) {
    this.world = world;
    this.bugs = bugs;
    this.user = user;
    this.#links = links;
    this.process = new SimulatedProcess(world, name, links.disk);
    const source = links.network.client(this.process, user, links.credentials(user));
    const { runtime } = this.process;
    const onError = (error: EventwireError) => this.#failed(error);
    const outbox = store && { store: store(this) };
    const auth = links.credentials(user);
    this.bus = createClient(contractOf(version), source, { runtime, onError, auth, codec, outbox });
    this.bus.connection.watch(({ reason }) => {
      if (reason?.code === "Slow") world.fault("reader-evicted", name);
    });
    this.bus.inspect((inspection) => {
      if (inspection.type === "log.appended") this.#appended(inspection.id, inspection.offset);
    });
  }

  onPassed(told: (alias: string) => void): void {
    this.#passed.push(told);
  }

  looked(): number {
    return this.#links.network.newest.get(this.process)?.heardFrom ?? 0;
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

  listen(wish: Wish, hear: (item: Item, context: Context) => unknown, options: Listening): Subscription {
    const { bus } = this;
    const { pattern, key } = wish;
    const heard = (item: Item, context: Context) => {
      this.#checkRight(item.id, context.name);
      return hear(item, context);
    };
    const onGap: Listening["onGap"] = (gap) => {
      if (gap.reason === "denied") this.#denied(wish);
      else if (gap.reason === "invalid") this.#unreadable(gap.to);
      else options.onGap(gap);
    };
    const all = { ...options, onGap };
    if (pattern === "*") return bus.on("*", (event) => heard(event.data, event), all);
    if (pattern === "stock.counted") return bus.on(pattern, heard, all);
    const keyed = key === undefined ? all : { ...all, key };
    if (pattern === "order.placed") return bus.on(pattern, heard, keyed);
    return bus.on("order.*", (event) => heard(event.data, event), keyed);
  }

  /** Which must not be there where its user may not emit it from before until after. */
  async emit(name: Name, item: Item): Promise<Receipt> {
    const { rights } = this.#links;
    const revoked = rights.confirmed(this.user, name);
    const began = this.world.clock.monotonic();
    const receipt = await this.bus.emit(name, item).catch((error: EventwireError) => {
      if (error.code === "Denied" && !rights.lackedSince(this.user, name, began)) {
        this.world.oracle.trouble(`${item.id} was refused to ${this.user}, who may emit ${name}`);
      }
      throw error;
    });
    if (revoked && rights.confirmed(this.user, name) === revoked) {
      this.world.oracle.trouble(`${item.id} was taken from ${this.user}, who may not emit ${name}`);
    }
    return receipt;
  }

  refuses(code: string): boolean {
    return refusals.has(code);
  }

  /** What was emitted while it is forbidden must not come here. */
  #checkRight(id: string, name: string): void {
    const { oracle } = this.world;
    const revoked = this.#links.rights.confirmed(this.user, name);
    if (revoked && (oracle.event(id)?.attempted ?? 0) > revoked.moment) {
      oracle.trouble(`${id} came to ${this.user}, who may not have ${name}`);
    }
  }

  /** What the outbox of a process that was there before has brought into the log nobody else hears of. */
  #appended(alias: string, offset: string | undefined): void {
    const { oracle } = this.world;
    const id = oracle.idOf(alias);
    if (!oracle.event(id)) return;
    this.process.note(`in the log ${id} ${offset}`);
    oracle.acknowledged(id, offset);
  }

  /** Told of a right that was taken, or that its server knows nothing of in time, which is no loss: it goes on from there. */
  #denied({ pattern }: Wish): void {
    this.process.note("gap denied");
    const { network, rights } = this.#links;
    const { openedAt, server } = network.newest.get(this.process)!;
    const isOf = wantedBy({ pattern });
    const wanted = names.filter((name) => isOf({ id: "", name, key: undefined, by: "" }));
    const isDue = (name: Name) =>
      rights.lackedSince(this.user, name, openedAt) ||
      rights.waitedSince(server.process, this.user, name, openedAt);
    if (!wanted.some(isDue)) {
      this.world.oracle.trouble(`a gap at ${this.process.name}: denied of ${pattern}`);
    }
    void this.#regain();
  }

  #unreadable(offset: string | undefined): void {
    this.process.note(`gap invalid ${offset}`);
    const alias = offset && this.#links.unreadable.at(offset);
    if (!alias) this.world.oracle.trouble(`a gap at ${this.process.name}: ${offset} can be read`);
    else for (const told of this.#passed) told(alias);
  }

  /** Once nothing is forbidden any more it asks for what it was refused. */
  async #regain(): Promise<void> {
    if (this.#regaining) return;
    this.#regaining = true;
    do await this.sleep(this.world.chance.span(500));
    while (this.#links.rights.lacks(this.user));
    this.#regaining = false;
    try {
      await this.bus.connection.refresh();
    } catch (error) {
      this.process.note(`is not refreshed: ${error}`);
      // Over another link all of it is asked for.
      for (const { client } of this.#links.network.of(this.process)) client.close(again);
    }
  }

  #failed(error: EventwireError): void {
    this.process.note(`error ${error.code}`);
    if (!expected.has(error.code)) {
      this.world.oracle.trouble(`${this.process.name}: ${error.message}`);
    }
    if (error.code !== "Invalid") return;
    const issue = (error as InvalidError).issues[0]?.message ?? "";
    const alias = /of event (\S+) cannot be read/.exec(issue)?.[1] ?? "";
    for (const told of this.#passed) told(alias);
  }
}

export interface ClientOptions {
  readonly user: string;
  /** Of its process: that of its user, and which one it is. */
  readonly name: string;
  readonly version: Version;
  readonly codec: "json" | "messagepack";
  /** Gives what keeps its outbox; without it memory does. */
  readonly store: ((program: ClientProgram) => OutboxStore) | undefined;
}

const again = { code: "Again", message: "It connects anew.", retryable: true } as const;
