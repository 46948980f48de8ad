import { type Bus, EventwireError, type GapError, MisuseError } from "@eventwire/core";
import type { Addressed } from "@eventwire/wire";
import { expect, vi } from "vitest";
import type { BehaviourContract } from "./contract.js";
import type { Actor, BehaviourHarness } from "./harness.js";

export type ServerActor = Actor<Bus<BehaviourContract, "server">>;
export type ClientActor = Actor<Bus<BehaviourContract, "client">>;

/** The buses of one test, and the means to wait for them without waiting for a time to pass. */
export class Stage {
  readonly server: ServerActor;
  readonly #harness: BehaviourHarness;
  readonly #clients: ClientActor[] = [];
  /** For how long a condition is waited for, in milliseconds. */
  readonly patience: number;
  #rounds = 0;

  constructor(harness: BehaviourHarness, patience: number) {
    this.#harness = harness;
    this.patience = patience;
    this.server = harness.server;
    this.server.bus.handle("suite.synchronised", (round) => round);
  }

  /** Asks clients, of which there is one. */
  get peers(): Addressed<BehaviourContract> {
    const { hub } = this.#harness;
    if (!hub) throw new MisuseError("A harness with a boundary needs the hub of its server.");
    return hub.to({ user: "anybody" });
  }

  client(): ClientActor {
    const client = this.#harness.client();
    this.#clients.push(client);
    return client;
  }

  /**
   * All clients are connected, the server knows what they listen to, and what was emitted before has arrived. Where the
   * harness disturbs, the connections have been broken and have come back.
   */
  async settle(): Promise<void> {
    await this.#synchronise();
    if (!this.#harness.disturb) return;
    this.#harness.disturb();
    await this.#synchronise();
    this.#harness.calm?.();
  }

  /** Waits until `actual` gives what is expected; after everything has settled nothing may have been added. */
  async becomes(actual: () => unknown, expected: unknown): Promise<void> {
    await vi.waitFor(() => expect(actual()).toEqual(expected), { interval: 2, timeout: this.patience });
    await this.settle();
    expect(actual()).toEqual(expected);
  }

  /** The actor is told of one error with this code. Every error of a test has to be expected so. */
  async expectError(actor: Actor<unknown>, code: string): Promise<EventwireError> {
    const index = await vi.waitFor(
      () => {
        const found = actor.errors.findIndex((error) => error.code === code);
        expect(found, `an error ${code} among ${actor.errors.map(String)}`).toBeGreaterThanOrEqual(0);
        return found;
      },
      { interval: 2, timeout: this.patience },
    );
    return actor.errors.splice(index, 1)[0]!;
  }

  /** The actor is told of one error with this code, or of several. */
  async expectErrors(actor: Actor<unknown>, code: string): Promise<void> {
    await this.expectError(actor, code);
    while (actor.errors.some((error) => error.code === code)) await this.expectError(actor, code);
  }

  /** But for the gaps of connections that the harness breaks. */
  expectNoFurtherErrors(): void {
    const expected = (error: EventwireError) =>
      this.#harness.disturb && (error as Partial<GapError>).gap?.reason === "disconnected";
    for (const { errors } of [this.server, ...this.#clients])
      expect(errors.filter((error) => !expected(error))).toEqual([]);
  }

  close(): Promise<void> {
    return this.#harness.close();
  }

  /** Twice, since what the first round brings to the server is on its way to the others only then. */
  async #synchronise(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      await Promise.all(this.#clients.map(({ bus }) => this.#hear(bus)));
    }
  }

  async #hear(bus: ClientActor["bus"]): Promise<void> {
    const round = ++this.#rounds;
    for (;;) {
      const outcome = await bus.request("suite.synchronised", round).result();
      if (!outcome.ok && outcome.error.code === "Disconnected" && outcome.error.retryable) continue;
      expect(outcome).toEqual({ ok: true, value: round });
      return;
    }
  }
}

/** The error that `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<EventwireError> {
  const error = await promise.then(
    (value) => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!EventwireError.is(error)) throw error;
  return error;
}
