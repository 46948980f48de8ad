import { type CloseReason, type Link, type LinkSource, systemRuntime } from "@eventwire/core";
import { expect } from "vitest";
import { eventually } from "../conformance/eventually.js";
import { countSame, expectFrames } from "./expect-frames.js";
import { type Frame, LinkEnd } from "./link-end.js";
import type { LinkClient, LinkClientOptions, LinkHarness } from "./link-harness.js";

/** Both ends of one link. */
export interface LinkPair {
  readonly client: LinkEnd;
  readonly server: LinkEnd;
}

/** A client that is listened to, and all that came of it. */
export interface Caller {
  readonly client: LinkClient;
  /** Its links so far, oldest first; each has greeted the server. */
  readonly ends: LinkEnd[];
  readonly failures: CloseReason[];
  /** Ends its source. */
  stop(): void;
}

export interface DialOptions extends LinkClientOptions {
  /** Called with each link before it is opened. */
  readonly onEnd?: (end: LinkEnd) => void;
  /** Whether its links are opened as they come. Default true. */
  readonly opens?: boolean;
}

/** Why the cases close links: the other end is not to come back. */
export const done: CloseReason = { code: "Done", message: "All was said.", retryable: false };

/** The links of one case, and the means to wait for them without waiting for a time to pass. */
export class LinkStage {
  readonly harness: LinkHarness;
  /** The server's links so far, oldest first. */
  readonly served: LinkEnd[] = [];
  /** Whether the server opens links as they come. */
  opensServed = true;
  /** Called with each of the server's links before it is opened. */
  onServed: ((end: LinkEnd) => void) | undefined;
  readonly #patience: number;
  readonly #callers: Caller[] = [];
  readonly #stops: (() => void)[] = [];
  #stopServing: () => void;
  #greetings = 0;

  constructor(harness: LinkHarness, patience: number) {
    this.harness = harness;
    this.#patience = patience;
    this.#stopServing = this.#serve();
  }

  /** A client and both ends of its link, opened, with nothing under way. */
  async connect(options?: DialOptions): Promise<LinkPair & { readonly caller: Caller }> {
    const caller = await this.dial(options);
    return { ...(await this.pair(caller, 0)), caller };
  }

  /** A client that connects. Each of its links greets the server when it is opened, for the client is to speak first. */
  async dial({ onEnd, opens = true, ...options }: DialOptions = {}): Promise<Caller> {
    const client = await this.harness.client(options);
    const ends: LinkEnd[] = [];
    const failures: CloseReason[] = [];
    const stop = this.listen(
      client.source,
      (link) => {
        const end = new LinkEnd(link, { greeted: false });
        ends.push(end);
        onEnd?.(end);
        if (opens) end.open();
        end.greeting = `hello ${++this.#greetings}`;
        end.send(end.greeting);
      },
      (reason) => failures.push(reason),
    );
    const caller: Caller = { client, ends, failures, stop };
    this.#callers.push(caller);
    return caller;
  }

  /** Listens to a source until the returned function or the end of the case ends that. */
  listen(
    source: LinkSource,
    onLink: (link: Link) => void,
    onFailure?: (reason: CloseReason) => void,
  ): () => void {
    const stop = source.listen(onLink, onFailure);
    this.#stops.push(stop);
    return stop;
  }

  /** Both ends of the first link, opened or not, once both are given: one may be so before the other. */
  async given(caller: Caller): Promise<LinkPair> {
    return this.eventually(() => {
      const [client, server] = [caller.ends[0], this.served[0]];
      expect(client, "the client has its link").toBeDefined();
      expect(server, "the server has its link").toBeDefined();
      return { client: client!, server: server! };
    });
  }

  /** Both ends of a client's link, by its number, once there are both. */
  async pair(caller: Caller, index: number): Promise<LinkPair> {
    return this.eventually(() => {
      const client = caller.ends[index];
      expect(client, `the client has its link ${index + 1}`).toBeDefined();
      const server = this.served.find(({ greeting }) => greeting === client!.greeting);
      expect(server, `the server has the client's link ${index + 1}, and its first frame`).toBeDefined();
      return { client: client!, server: server! };
    });
  }

  /** Ends the server's source, or listens to it again. */
  stopServing(): void {
    this.#stopServing();
  }

  serveAgain(): void {
    this.#stopServing = this.#serve();
  }

  /** Waits until `check` does not throw, and gives its result; by the harness's clock where it has one. */
  eventually<T>(check: () => T): Promise<T> {
    return eventually(check, this.#patience, this.harness.clock);
  }

  /** Waits until this end was sent these frames and no others. What came wrong is not waited for to come right. */
  async receives(end: LinkEnd, frames: readonly Frame[]): Promise<void> {
    let same = 0;
    await this.eventually(() => {
      same = countSame(end.frames, frames, same);
      if (same === end.frames.length) expect(same, "frames that came").toBe(frames.length);
    });
    expectFrames(end.frames, frames);
  }

  /** Waits until this end was told that the link has ended, and gives the reason. */
  async closes(end: LinkEnd): Promise<CloseReason> {
    await this.eventually(() => expect(end.reasons, "reasons given to closed()").not.toEqual([]));
    return end.reasons[0]!;
  }

  /** What was sent before has arrived when this resolves, for a frame each way has followed it. */
  async echo({ client, server }: LinkPair): Promise<void> {
    const mark = `mark ${++this.#greetings}`;
    client.send(mark);
    await this.eventually(() => expect(server.frames.at(-1)).toBe(mark));
    server.send(mark);
    await this.eventually(() => expect(client.frames.at(-1)).toBe(mark));
    server.frames.pop();
    client.frames.pop();
  }

  /**
   * Lets happen what would happen: another client connects, says something, hears something and leaves. What did not
   * happen meanwhile is taken not to happen at all.
   */
  async meanwhile(): Promise<void> {
    const holding = this.opensServed;
    const onServed = this.onServed;
    this.opensServed = true;
    this.onServed = undefined;
    const { caller, ...pair } = await this.connect();
    await this.echo(pair);
    caller.stop();
    pair.client.link.close(done);
    pair.server.link.close(done);
    await this.closes(pair.client);
    this.served.splice(this.served.indexOf(pair.server), 1);
    this.opensServed = holding;
    this.onServed = onServed;
  }

  /** Gives the event loop turns, as something that works beside links would need them. */
  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) {
      await new Promise<void>((resolve) => systemRuntime.macrotask(resolve));
    }
  }

  /** Ends everything. What holds for every link is checked here, for each case. */
  async close(): Promise<void> {
    const ends = [...this.served, ...this.#callers.flatMap((caller) => caller.ends)];
    for (const { client } of this.#callers) client.resume?.();
    for (const stop of this.#stops) stop();
    for (const { link } of ends) link.close(done);
    this.#stopServing();
    try {
      for (const end of ends) if (end.opened) await this.closes(end);
    } finally {
      await this.harness.close();
    }
    for (const { reasons, late } of ends) {
      expect(late, "calls after closed()").toEqual([]);
      expect(reasons.length, "calls of closed()").toBeLessThanOrEqual(1);
    }
  }

  #serve(): () => void {
    return this.harness.server.listen((link) => {
      const end = new LinkEnd(link, { greeted: true });
      this.served.push(end);
      this.onServed?.(end);
      if (this.opensServed) end.open();
    });
  }
}
