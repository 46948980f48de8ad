import { type Bus, EventwireError, systemRuntime } from "@eventwire/core";
import type { Addressed, Hub, Limits, Principal, ServeOptions } from "@eventwire/wire";
import { type ProtocolContract, protocolContract } from "./contract.js";
import { unlessClosed } from "./unless-closed.js";

/** How the suite wants its server served. */
export interface ProtocolServing {
  readonly options: ServeOptions<ProtocolContract, Principal>;
  /** Answers the contract's requests, and does what the suite asks of the server by them. */
  play(bus: Bus<ProtocolContract, "server">, hub: Hub<ProtocolContract, Principal>): void;
}

/** What a hello says who it is with; all of it may be left out. */
interface Auth {
  readonly user?: string;
  /** For how long its credentials hold, in milliseconds. */
  readonly lasts?: number;
}

type Name = keyof ProtocolContract["definitions"];
type Decide = (allows: boolean) => void;

/**
 * The application that the suite's server runs: its users, its rules and its handlers, for one harness.
 *
 * @param limits what the case at hand wants of the server.
 * @param now the server's time, in milliseconds since the Unix epoch.
 *
 * @example
 * ```ts
 * const bus = createBus(protocolContract);
 * const { options, play } = protocolApplication(limits, Date.now);
 * play(bus, createHub(bus, network.server, options));
 * ```
 */
export function protocolApplication(limits: Partial<Limits>, now: () => number): ProtocolServing {
  const doors: Decide[] = [];
  const forbidden = new Set<string>();
  const door = () => new Promise<boolean>((resolve) => void doors.push(resolve));
  const names = Object.keys(protocolContract.definitions);
  const open = (closed: readonly string[]) =>
    Object.fromEntries(names.filter((name) => !closed.includes(name)).map((name) => [name, true]));
  const allow = {
    listen: {
      ...open([
        "vault.opened",
        "door.opened",
        "guard.changed",
        "deed.sealed",
        "deed.guarded",
        "deed.weighed",
      ]),
      "door.opened": door,
      "guard.changed": () => !forbidden.has("guard.changed"),
      "deed.guarded": () => !forbidden.has("deed.guarded"),
      "deed.weighed": door,
    },
    group: {
      "deed.recorded": true,
      "deed.signed": true,
      "deed.guarded": ({ group }: { readonly group: string }) =>
        group !== "thieves" && !forbidden.has("deed.guarded"),
      "deed.weighed": door,
    },
    enqueue: { "parcel.carry": true },
    work: { "parcel.carry": true },
    history: { "deed.recorded": true, "deed.guarded": true },
    emit: {
      ...open(["vault.opened", "door.opened", "deed.weighed"]),
      "door.opened": door,
      "deed.weighed": door,
    },
    request: {
      ...open(["vault.code", "number.series"]),
      "number.series": () => !forbidden.has("number.series"),
    },
  };
  return {
    options: {
      limits,
      rates: {
        "alarm.raised": { most: 2, per: 3_600_000 },
        "deed.rationed": { most: 2, per: 3_600_000 },
      },
      // Its names are those of the contract, which is told here by a loop.
      allow: allow as NonNullable<ServeOptions<ProtocolContract, Principal>["allow"]>,
      authenticate({ auth }) {
        const { user = "anybody", lasts } = (auth ?? {}) as Auth;
        if (user === "nobody") return undefined;
        if (user === "broken") throw new Error("The directory of users is on fire.");
        const principal = { id: user, ...(lasts === undefined ? {} : { expires: now() + lasts }) };
        if (user !== "slow") return principal;
        return door().then((allows) => (allows ? principal : undefined));
      },
    },
    play(bus, hub) {
      answer(bus);
      bus.handle("suite.emit", async (events) => {
        // All in one turn; durable ones are in the log when it is answered.
        const receipts = (events as [Name, unknown][]).map(([name, data]) =>
          bus.emit(name as never, data as never),
        );
        await Promise.all(receipts);
        return null;
      });
      // What is emitted later has a later time.
      bus.handle("suite.wait", async () => {
        const since = now();
        while (now() <= since + 1)
          await new Promise((resolve) => void systemRuntime.timer(() => resolve(null), 1));
        return null;
      });
      bus.handle("suite.decide", (allows) => {
        for (const decide of doors.splice(0)) decide(allows === true);
        return null;
      });
      bus.handle("suite.forbid", async (name) => {
        if (forbidden.has(name as string)) forbidden.delete(name as string);
        else forbidden.add(name as string);
        return hub.reauthorize();
      });
      bus.handle("suite.ask", (asked, { peer }) => ask(hub.to(peer!), asked as Asked));
      bus.handle("suite.leave", (how, { peer }) => {
        const self = hub.peers().find(({ id }) => id === peer!.id);
        if (how === "drain") void hub.drain({ over: 0 });
        else if (how === "close") void hub.close();
        else self?.disconnect("You were asked to leave.");
        return null;
      });
    },
  };
}

/** What the contract's own requests are answered with. */
function answer(bus: Bus<ProtocolContract, "server">): void {
  bus.on("bell.rung", (count) => bus.emit("number.counted", count));
  bus.handle("value.echo", (value) => value);
  bus.handle("value.series", async function* (values) {
    for (const value of values as readonly unknown[]) yield value;
  });
  bus.handle("badge.find", ({ badge }) => ({ badge, secret: "not for peers" }));
  bus.handle("text.repeat", (length) => "x".repeat(length));
  bus.handle("secret.told", () => {
    throw new Error("the password is swordfish");
  });
  bus.handle("lie.told", () => 7 as unknown as string);
  bus.handle("vault.code", () => "1234");
  bus.handle("division.result", ({ dividend, divisor }, { error }) => {
    if (divisor === 0)
      throw error("DivisionByZero", { dividend, secret: "not for peers" } as { dividend: number });
    return dividend / divisor;
  });
  bus.handle("value.wait", (about, { signal }) => {
    return new Promise<string>((resolve) => {
      const end = () => {
        unlessClosed(() => bus.emit("wait.ended", about));
        resolve("too late");
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end);
    });
  });
  bus.handle("number.series", async function* ({ from, count }, { error, signal }) {
    try {
      if (from < 0) yield "no number" as unknown as number;
      for (let index = 0; index < count; index++) yield from + index;
      if (count === 0) throw error("SeriesBroken", { at: from });
    } finally {
      unlessClosed(() => bus.emit("wait.ended", signal.aborted ? "series aborted" : "series ended"));
    }
  });
}

interface Asked {
  readonly name: "guard.confirm" | "guard.watch";
  readonly badge: string;
  readonly timeout?: number;
  /** How many items are taken. Default: all. */
  readonly takes?: number;
}

/** What became of what a peer was asked, as plain data. */
async function ask(
  peers: Addressed<ProtocolContract>,
  { name, badge, timeout = 10_000, takes = Infinity }: Asked,
) {
  const input = { badge, secret: "not for peers" };
  const items: unknown[] = [];
  try {
    if (name === "guard.confirm") return { value: await peers.request(name, input, { timeout }) };
    for await (const item of peers.request(name, input, { timeout })) if (items.push(item) >= takes) break;
    return { items };
  } catch (error) {
    if (!EventwireError.is(error)) throw error;
    const { code, detail } = error as EventwireError & { detail?: unknown };
    return { items, code, detail };
  }
}
