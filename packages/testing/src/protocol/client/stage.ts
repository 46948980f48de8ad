import { systemRuntime } from "@eventwire/core";
import { expect } from "vitest";
import { eventually } from "../../conformance/eventually.js";
import { fingerprintOf } from "../fingerprint.js";
import { type RawMessage, RawPeer } from "../raw-peer.js";
import type { ProtocolClientHarness, TestProtocolClientOptions } from "./harness.js";

/** What a client listens to from the beginning. */
const wishes = ["number.counted", "word.said", "price.changed", "value.changed", "suite.told"];

/** The client of one case, and the ends of its links, at which the case is the server. */
export class ProtocolClientStage {
  /** The server's ends of the client's links so far, oldest first. */
  readonly links: RawPeer[] = [];
  readonly #createHarness: TestProtocolClientOptions["createHarness"];
  readonly #patience: number;
  #harness: ProtocolClientHarness | undefined;
  #taken = 0;
  #told = 0;

  constructor(createHarness: TestProtocolClientOptions["createHarness"], patience: number) {
    this.#createHarness = createHarness;
    this.#patience = patience;
  }

  /** The client's next link, on which it was said nothing. */
  async link(): Promise<RawPeer> {
    this.#harness ??= await this.#createHarness((link) => {
      const peer = new RawPeer((check) => this.eventually(check));
      this.links.push(peer.over(link));
      return peer;
    });
    await this.eventually(() => expect(this.links.length, "links").toBeGreaterThan(this.#taken));
    return this.links[this.#taken++]!;
  }

  /** The client's next link, and what its hello said. */
  async greeted(): Promise<{ readonly peer: RawPeer; readonly fields: Readonly<Record<string, unknown>> }> {
    const peer = await this.link();
    const [type, fields] = await peer.next();
    expect(type, "the first message of a client").toBe("hello");
    return { peer, fields: fields as Readonly<Record<string, unknown>> };
  }

  /** The client's next link, welcomed, and the numbers by which it listens, all granted. */
  async welcomed(
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<{ readonly peer: RawPeer; readonly refs: ReadonlyMap<string, number> }> {
    const { peer, fields: said } = await this.greeted();
    peer.say(welcome(said.link, fields));
    const refs = new Map<string, number>();
    for (const [type, ref, name, key] of await peer.nextOf(wishes.length)) {
      expect(type).toBe("listen");
      expect(key).toBe(name === "word.said" ? "a" : undefined);
      refs.set(name as string, ref as number);
    }
    expect(new Set(refs.keys())).toEqual(new Set(wishes));
    peer.say(...[...refs.values()].map((ref) => ["listening", ref]));
    return { peer, refs };
  }

  /** Has the client do something. */
  tell(peer: RawPeer, told: unknown): void {
    peer.say(["event", "suite.told", told, `told ${++this.#told}`, 5]);
  }

  /** Lets time pass: at once where the harness has a clock, else it is waited for. */
  async pass(milliseconds: number): Promise<void> {
    const clock = this.#harness?.clock;
    if (clock) await clock.advance(milliseconds);
    else await new Promise<void>((resolve) => void systemRuntime.timer(resolve, milliseconds));
  }

  /** Waits until `check` does not throw, and gives its result. */
  eventually<T>(check: () => T): Promise<T> {
    return eventually(check, this.#patience, this.#harness?.clock);
  }

  async close(): Promise<void> {
    await this.#harness?.close();
  }
}

/** A welcome that repeats this nonce, whose properties are right, but for those given. */
export function welcome(link: unknown, fields: Readonly<Record<string, unknown>> = {}): RawMessage {
  return [
    "welcome",
    { protocol: 1, link, contract: fingerprintOf(), peer: "p1", maxFrameBytes: 1_000_000, ...fields },
  ];
}

/** What a client tells that it has learned: an event, with what led to it or without. */
export async function learns(peer: RawPeer, ...whats: readonly unknown[]): Promise<void> {
  const came = await peer.nextOf(whats.length);
  expect(came.map(([type, name, data]) => [type, name, data])).toEqual(
    whats.map((what) => ["event", "suite.learned", what]),
  );
}

/** What a client has heard of this event. */
export function heard(name: string, data: unknown): unknown {
  return { heard: [name, data] };
}
