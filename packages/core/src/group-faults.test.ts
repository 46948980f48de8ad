import { VirtualClock } from "@eventwire/queue/virtual-clock";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type Step, shop, step } from "../fixtures/shop.js";
import { TroubledBroker } from "../fixtures/troubled-broker.js";
import { type Broker, createBus, type EventwireError } from "./index.js";
import { memory } from "./memory.js";

const orders = ["a", "b", "c", "d", "e"] as const;
const attempts = 3;

const emit = fc.record({
  type: fc.constant("emit" as const),
  order: fc.constantFrom(...orders),
  count: fc.integer({ min: 1, max: 20 }),
  /** How often the work on each fails before it succeeds. */
  fails: fc.constantFrom(0, 0, 0, 0, 1, 2, Number.POSITIVE_INFINITY),
});
const pass = fc.record({
  type: fc.constant("pass" as const),
  milliseconds: fc.oneof(fc.nat(200), fc.nat(8_000), fc.nat(40_000)),
});
const join = fc.record({
  type: fc.constant("join" as const),
  /** How long it works on an event, in milliseconds; 0: no time, and no promise either. */
  work: fc.constantFrom(0, 1, 30, 700),
  concurrency: fc.constantFrom(1, 3, Number.POSITIVE_INFINITY),
});
const which = fc.nat();
const goodbye = fc.record({ type: fc.constantFrom("stop" as const, "close" as const), which });
const fault = fc.oneof(
  fc.record({ type: fc.constant("crash" as const), which }),
  fc.record({ type: fc.constant("freeze" as const), which, milliseconds: fc.nat(70_000) }),
);

type Action = typeof emit | typeof pass | typeof join | typeof goodbye | typeof fault;

function scenario(...more: { readonly weight: number; readonly arbitrary: Action }[]) {
  const action = fc.oneof(
    { weight: 5, arbitrary: emit },
    { weight: 4, arbitrary: pass },
    { weight: 2, arbitrary: join },
    { weight: 1, arbitrary: goodbye },
    ...(more as { weight: number; arbitrary: typeof fault }[]),
  );
  return fc.record({
    seed: fc.integer(),
    /** How long a call of the broker takes at most each way, in milliseconds. */
    latency: fc.constantFrom(0, 5, 60),
    actions: fc.array(action, { minLength: 5, maxLength: 30 }),
  });
}

/** What was begun and ended of one event. */
interface Run {
  readonly member: Member;
  readonly attempt: number;
  readonly begun: number;
  ended: number | undefined;
  failed: boolean;
}

interface Member {
  stop(): void;
  close(drain: number): void;
  freeze(milliseconds: number): void;
  readonly concurrency: number;
  running: number;
  /** Whether its leases may have been lost while it was at work. */
  doubtful: boolean;
  gone: boolean;
}

/** A group whose members share a broker and come, go and break as a scenario says. */
class World {
  readonly clock: VirtualClock;
  readonly errors: EventwireError[] = [];
  readonly members: Member[] = [];
  /** How often the work on each event fails, by its number. */
  readonly emitted: { readonly order: string; readonly fails: number }[] = [];
  readonly runs: Run[][] = [];
  readonly #shared: Broker;
  readonly #latency: number;
  readonly #running = new Map<string, Member>();
  #time = 0;
  readonly admin;

  constructor(seed: number, latency: number) {
    this.clock = new VirtualClock({ seed });
    this.#shared = memory({ runtime: this.clock, events: 100_000 });
    this.#latency = latency;
    this.admin = createBus(shop, { broker: this.#shared, runtime: this.clock });
  }

  emit(order: string, fails: number): void {
    this.emitted.push({ order, fails });
    this.runs.push([]);
    void this.admin.emit("order.placed", step(order, this.emitted.length - 1));
  }

  join(work: number, concurrency: number): void {
    const { clock, errors } = this;
    const broker = new TroubledBroker(this.#shared, { scope: "cluster" });
    let frozenUntil = 0;
    const wait = async () => {
      const milliseconds = Math.max(frozenUntil - clock.monotonic(), clock.random() * this.#latency);
      if (milliseconds > 0) await new Promise<void>((resolve) => clock.timer(resolve, milliseconds));
    };
    broker.trouble = async (operation, go) => {
      if (operation === "open") return go();
      broker.hints = clock.random() < 0.5;
      await wait();
      const result = await go();
      await wait();
      return result;
    };
    const bus = createBus(shop, { broker, runtime: clock, onError: (error) => errors.push(error) });
    const listener = (data: Step, { attempt }: { attempt: number }) =>
      this.#work(member, data, attempt, work);
    const stop = bus.on("order.placed", listener, {
      group: "pack",
      attempts,
      concurrency,
      since: "start",
      backoff: { initial: 50 },
    });
    const member: Member = {
      stop,
      close: (drain) => void bus.close({ drain }),
      freeze(milliseconds) {
        frozenUntil = clock.monotonic() + milliseconds;
      },
      concurrency,
      running: 0,
      doubtful: false,
      gone: false,
    };
    this.members.push(member);
  }

  #work(
    member: Member,
    { order, step }: Step,
    attempt: number,
    milliseconds: number,
  ): undefined | Promise<void> {
    const other = this.#running.get(order);
    // Nobody works on a key on which another one, whose lease holds for sure, is at work.
    if (other && !other.doubtful) expect.fail(`"${order}" is worked on by two`);
    const run: Run = { member, attempt, begun: this.#time++, ended: undefined, failed: false };
    this.runs[step]!.push(run);
    this.#running.set(order, member);
    member.running += 1;
    expect(member.running).toBeLessThanOrEqual(member.concurrency);
    const failing = this.runs[step]!.length <= this.emitted[step]!.fails;
    const end = () => {
      if (this.#running.get(order) === member) this.#running.delete(order);
      member.running -= 1;
      run.ended = this.#time++;
      run.failed = failing;
      if (failing) throw new Error("not yet");
    };
    if (milliseconds > 0)
      return new Promise<void>((resolve) => this.clock.timer(resolve, milliseconds)).then(end);
    end();
    return undefined;
  }

  alive(which: number): Member | undefined {
    const alive = this.members.filter(({ gone }) => !gone);
    return alive[which % alive.length];
  }

  /** The events of one key, in the order of the log. */
  ofKey(order: string): readonly { readonly fails: number; readonly runs: readonly Run[] }[] {
    return this.emitted.flatMap(({ order: its, fails }, index) =>
      its === order ? [{ fails, runs: this.runs[index]! }] : [],
    );
  }
}

type Scenario = ReturnType<typeof scenario> extends fc.Arbitrary<infer S> ? S : never;

async function play({ seed, latency, actions }: Scenario): Promise<World> {
  const world = new World(seed, latency);
  const { clock } = world;
  await world.admin.position();
  for (const next of actions) {
    if (next.type === "pass") await clock.advance(next.milliseconds);
    else if (next.type === "join") world.join(next.work, next.concurrency);
    else if (next.type === "emit")
      for (let count = 0; count < next.count; count++) world.emit(next.order, next.fails);
    else {
      const member = world.alive(next.which);
      if (!member) continue;
      if (next.type === "freeze") {
        member.doubtful = true;
        member.freeze(next.milliseconds);
        continue;
      }
      member.gone = true;
      if (next.type === "stop") member.stop();
      else if (next.type === "close") member.close(60_000);
      else {
        member.doubtful = true;
        member.close(0);
      }
    }
  }
  if (!world.alive(0)) world.join(0, 1);
  await clock.advance(240_000);
  return world;
}

async function check(world: World): Promise<void> {
  for (const order of orders) {
    let before = -1;
    for (const { fails, runs } of world.ofKey(order)) {
      const deadly = fails === Number.POSITIVE_INFINITY;
      const failures = runs.filter(({ failed }) => failed);
      const success = runs.find(({ failed, ended }) => !failed && ended !== undefined);
      if (deadly) expect(failures.length, "tries of what is dead").toBeGreaterThanOrEqual(attempts);
      else expect(success, "an event that somebody did").toBeDefined();
      expect(runs[0]!.begun, "begun after what came before in its key was done").toBeGreaterThan(before);
      before = deadly ? failures[attempts - 1]!.ended! : success!.ended!;
    }
  }
  const dead = await world.admin.group("pack").dead({ limit: Number.POSITIVE_INFINITY });
  const deadly = world.emitted.flatMap(({ fails }, number) =>
    fails === Number.POSITIVE_INFINITY ? [number] : [],
  );
  const numbers = dead.map(({ data }) => (data as Step).step);
  expect(numbers.sort((a, b) => a - b)).toEqual(deadly);
}

it("members that come and go do every event once, in the order of its key, and the dead are those whose attempts ran out", async () => {
  await fc.assert(
    fc.asyncProperty(scenario(), async (wanted) => {
      const world = await play(wanted);
      await check(world);
      for (const [number, runs] of world.runs.entries()) {
        const { fails } = world.emitted[number]!;
        expect(runs.map(({ attempt }) => attempt)).toEqual([1, 2, 3].slice(0, Math.min(fails + 1, attempts)));
      }
      expect(world.errors.filter(({ code }) => code !== "Dead")).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 120_000);

it("members that crash and freeze leave no event undone, out of order in its key, or dead before its attempts ran out", async () => {
  await fc.assert(
    fc.asyncProperty(scenario({ weight: 2, arbitrary: fault }), async (wanted) => {
      const world = await play(wanted);
      await check(world);
      for (const runs of world.runs) {
        for (const { attempt } of runs.slice(1)) expect(attempt, "what is repeated tells").toBeGreaterThan(1);
      }
      const codes = new Set(world.errors.map(({ code }) => code));
      for (const code of codes) expect(["Dead", "LeaseLost"]).toContain(code);
    }),
    { numRuns: 60 },
  );
}, 120_000);
