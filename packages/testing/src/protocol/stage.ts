import { systemRuntime } from "@eventwire/core";
import type { Limits } from "@eventwire/wire";
import { expect } from "vitest";
import { eventually } from "../conformance/eventually.js";
import { fingerprintOf } from "./fingerprint.js";
import type { ProtocolHarness, TestProtocolOptions } from "./harness.js";
import { type RawMessage, RawPeer } from "./raw-peer.js";

export interface WelcomeOptions {
  /** Who it says it is, in its hello. */
  readonly auth?: unknown;
  readonly codecs?: readonly string[];
}

/** The server of one case, and the peers that speak to it. */
export class ProtocolStage {
  readonly #createHarness: TestProtocolOptions["createHarness"];
  readonly #patience: number;
  readonly #peers: RawPeer[] = [];
  #harness: ProtocolHarness | undefined;
  #driver: RawPeer | undefined;
  #asked = 0;

  constructor(createHarness: TestProtocolOptions["createHarness"], patience: number) {
    this.#createHarness = createHarness;
    this.#patience = patience;
  }

  /** Begins to serve. A case that asks for no limits need not. */
  async serve(limits: Partial<Limits>): Promise<void> {
    this.#harness = await this.#createHarness(limits);
  }

  /** A link over which nothing was said. */
  async connect(options: { readonly auth?: unknown } = {}): Promise<RawPeer> {
    if (!this.#harness) await this.serve({});
    const peer = new RawPeer((check) => this.eventually(check));
    this.#peers.push(peer);
    return peer.over(await this.#harness!.connect(peer, options));
  }

  /** A peer that has said this hello, and who it is wherever its transport has a place for that. */
  async greeting(fields: WelcomeOptions & Readonly<Record<string, unknown>> = {}): Promise<RawPeer> {
    const { auth } = fields;
    const peer = await this.connect(auth === undefined ? {} : { auth });
    peer.say(hello(fields));
    return peer;
  }

  /** A peer that was welcomed. */
  async welcomed(options: WelcomeOptions = {}): Promise<RawPeer> {
    const peer = await this.greeting({ ...options });
    expect((await peer.next())[0], "what a hello is answered by").toBe("welcome");
    return peer;
  }

  /** A peer that was welcomed and listens to these names. */
  async listening(...names: readonly string[]): Promise<RawPeer> {
    const peer = await this.welcomed();
    for (const [index, name] of names.entries()) {
      peer.say(["listen", 900 + index, name]);
      await peer.tells(["listening", 900 + index]);
    }
    return peer;
  }

  /** Has the server emit these, in one turn. */
  async emits(...events: readonly (readonly [name: string, data: unknown])[]): Promise<void> {
    await this.drive("suite.emit", events);
  }

  /** Asks the server, as a peer of its own, and gives what it answers. */
  async drive(name: string, input: unknown): Promise<unknown> {
    this.#driver ??= await this.welcomed({ auth: { user: "driver" } });
    const ref = ++this.#asked;
    this.#driver.say(["request", ref, name, 60_000, input]);
    const answer = await this.#driver.next();
    expect(answer.slice(0, 2), `the answer to ${name}`).toEqual(["answer", ref]);
    return answer[2];
  }

  /** Lets time pass: at once where the harness has a clock, else it is waited for. */
  async pass(milliseconds: number): Promise<void> {
    const { clock } = this.#harness!;
    if (clock) await clock.advance(milliseconds);
    else await new Promise<void>((resolve) => systemRuntime.timer(resolve, milliseconds));
  }

  /** Waits until `check` does not throw, and gives its result. */
  eventually<T>(check: () => T): Promise<T> {
    return eventually(check, this.#patience, this.#harness?.clock);
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) if (!peer.closed) peer.cut();
    await this.#harness?.close();
  }
}

/** How long a rule may take where a case waits for that, in milliseconds: longer than it takes to have it answered. */
export const decisionTimeout = 1_000;

/** A hello whose properties are right, but for those given. */
export function hello(fields: Readonly<Record<string, unknown>> = {}): RawMessage {
  return ["hello", { protocol: 1, link: "nonce", contract: fingerprintOf(), ...fields }];
}

/** A failure of this code, whatever it says. */
export function failure(code: string): unknown {
  return expect.objectContaining({ code, message: expect.any(String) });
}

/** What answers a message that could not be read, or is not expected. */
export function refusal(code: string): RawMessage {
  return ["refused", null, null, failure(code)];
}

/** What a goodbye says. */
export function reason(code: string, retryable: boolean): unknown {
  return expect.objectContaining({ code, message: expect.any(String), retryable });
}

/** An event as a server sends it, whatever its id and time. */
export function heard(name: string, data: unknown): RawMessage {
  return ["event", name, data, expect.stringMatching(/^[ -~]{1,64}$/), expect.any(Number)];
}
