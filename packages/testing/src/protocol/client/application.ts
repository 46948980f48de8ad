import { EventwireError, type Gap, type Subscription } from "@eventwire/core";
import type { ClientBus, ClientOptions } from "@eventwire/wire";
import type { ProtocolContract } from "../contract.js";
import { unlessClosed } from "../unless-closed.js";

/** How the suite wants its client to connect. */
export interface ProtocolConnecting {
  readonly options: Pick<ClientOptions, "auth" | "onError">;
  /** Listens, answers, and does what the suite's server tells it to. */
  play(bus: ClientBus<ProtocolContract>): void;
}

type Wanted = "note.added" | "deed.recorded";

/** What a client of the suite is told to do. */
interface Told {
  /** Does the rest once its link is lost. */
  readonly offline?: boolean;
  readonly emit?: readonly (readonly [name: "note.added" | "value.changed", data: unknown])[];
  /** Asks, and tells how it ended. */
  readonly ask?: readonly [
    name: "division.result" | "gauge.read" | "value.wait",
    input: unknown,
    timeout?: number,
  ];
  /** Asks for a stream, of which it takes so many items, and tells which. */
  readonly take?: readonly [count: number, input: unknown];
  /** Listens to one more name, until it is told to stop. */
  readonly listen?: Wanted;
  readonly stop?: Wanted;
  /** Emits these as durable events, and tells what became of each. */
  readonly record?: readonly string[];
  /** Becomes one of the group `"clerks"`, until it is told to stop, and tells what it does; `"bad"` fails, and `"wait"` takes until it is told to release it. */
  readonly join?: "deed.recorded";
  readonly release?: boolean;
  /** Takes the position of the log, and tells it. */
  readonly position?: boolean;
  readonly close?: boolean;
}

/**
 * The application that the suite's client runs. It listens to `number.counted`, to the key `"a"` of `word.said`, to `price.changed`
 * and to `value.changed`, and tells the server by `suite.learned` what it heard.
 *
 * @example
 * ```ts
 * const { options, play } = protocolClient();
 * play(createClient(protocolContract, source, options));
 * ```
 */
export function protocolClient(): ProtocolConnecting {
  let learner: Learner | undefined;
  let asked = 0;
  return {
    options: {
      auth: () => ({ asked: ++asked }),
      onError: ({ code }) => learner?.learned({ error: code }),
    },
    play(bus) {
      learner = new Learner(bus);
      answer(bus, (what) => learner!.learned(what));
      // What is refused for good is told nothing more.
      void learner.obey().catch(() => undefined);
    },
  };
}

/** Listens, does what it is told, and tells what came of it. */
class Learner {
  readonly #bus: ClientBus<ProtocolContract>;
  readonly #stops = new Map<string, () => void>();
  #release: (() => void) | undefined;

  constructor(bus: ClientBus<ProtocolContract>) {
    this.#bus = bus;
    const { onGap } = this;
    bus.on("number.counted", this.#hear("number.counted"), { onGap });
    bus.on("word.said", this.#hear("word.said"), { key: "a", onGap });
    bus.on("price.changed", this.#hear("price.changed"), { onGap });
    bus.on("value.changed", this.#hear("value.changed"), { onGap });
  }

  readonly onGap = ({ name, key, reason, missed }: Gap): void =>
    this.learned({ gap: [name, key ?? null, reason, missed ?? null] });

  learned(what: unknown): void {
    unlessClosed(() => this.#bus.emit("suite.learned", what));
  }

  /** In a loop and not in a listener, so that what it is told does not count as what led to what it does. */
  async obey(): Promise<void> {
    for await (const told of this.#bus.events("suite.told")) void this.#do(told as Told);
  }

  async #do({
    offline,
    emit = [],
    ask,
    take,
    listen,
    record = [],
    position,
    stop,
    join,
    release,
    close,
  }: Told): Promise<void> {
    if (offline) await this.#lost();
    for (const [name, data] of emit) this.#bus.emit(name, data as string);
    if (ask) {
      const [name, input, timeout = 60_000] = ask;
      this.learned(await outcomeOf(() => this.#bus.request(name, input as never, { timeout })));
    }
    if (take) this.learned(await outcomeOf(() => taken(this.#bus, ...take)));
    if (listen) await this.#listen(listen);
    for (const text of record) this.#record(text);
    if (position) this.learned(await outcomeOf(() => this.#bus.position()));
    if (stop) this.#stops.get(stop)?.();
    if (join) await this.#join(join);
    if (release) this.#release?.();
    if (close) await this.#bus.close();
  }

  async #listen(name: Wanted): Promise<void> {
    const { onGap } = this;
    await this.#begun(name, this.#bus.on(name, this.#hear(name), { onGap }));
  }

  async #join(name: "deed.recorded"): Promise<void> {
    const { onGap } = this;
    const work = async (text: string, { attempt }: { readonly attempt: number }) => {
      this.learned({ did: [name, text, attempt] });
      if (text === "bad") throw new Error("no ink");
      if (text === "wait")
        await new Promise<void>((resolve) => {
          this.#release = resolve;
        });
    };
    const options = { group: "clerks", concurrency: 3, attempts: 4, backoff: { initial: 7 }, onGap };
    await this.#begun(name, this.#bus.on(name, work, options));
  }

  async #begun(name: Wanted, subscription: Subscription): Promise<void> {
    this.#stops.set(name, subscription);
    await subscription.ready.then(
      () => undefined,
      ({ code }: EventwireError) => this.learned({ refused: [name, code] }),
    );
  }

  #record(text: string): void {
    this.#bus.emit("deed.recorded", text).then(
      ({ offset = null, duplicate }) => this.learned({ recorded: [text, offset, duplicate] }),
      ({ code }: EventwireError) => this.learned({ code }),
    );
  }

  #hear(name: string): (data: unknown) => void {
    return (data) => this.learned({ heard: [name, data] });
  }

  #lost(): Promise<void> {
    return new Promise((resolve) => {
      this.#bus.connection.watch(({ state }) => {
        if (state !== "connected") resolve();
      });
    });
  }
}

function answer(bus: ClientBus<ProtocolContract>, learned: (what: unknown) => void): void {
  bus.handle("guard.confirm", ({ badge }, { error, signal }) => {
    if (badge === "asleep") throw error("Asleep", { since: 5, secret: 1 } as { since: number });
    if (badge === "broken") throw new Error("the password is swordfish");
    if (badge !== "wait") return badge;
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        learned("aborted");
        resolve("too late");
      });
    });
  });
  bus.handle("guard.watch", async function* ({ badge }) {
    for (let number = 0; number < 3; number++) yield { badge: `${badge} ${number}`, secret: 1 };
  });
}

async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!EventwireError.is(error)) throw error;
    const { code, detail } = error as EventwireError & { readonly detail?: unknown };
    return { code, ...(detail === undefined ? {} : { detail }) };
  }
}

async function taken(bus: ClientBus<ProtocolContract>, count: number, input: unknown): Promise<unknown> {
  const items: unknown[] = [];
  for await (const item of bus.request("number.series", input as never)) if (items.push(item) >= count) break;
  return items;
}
