import type { CloseReason, LinkFacts, Runtime } from "@eventwire/core";
import type { AllFaults } from "./faults.js";
import { lost, MemoryLink } from "./memory-link.js";
import { Pipe } from "./memory-pipe.js";

/** Where what is sent goes: from the client to the server, or from the server to the client. */
export type Direction = "toServer" | "toClient";

export interface MemoryConnectionOptions {
  readonly facts: LinkFacts;
  readonly runtime: Runtime;
  readonly chance: () => number;
  readonly faults: () => AllFaults;
  /** After how many milliseconds without anything an end takes the connection for lost; `Infinity` for never. */
  readonly noticeAfter: number;
  /** The client's end has ended. */
  readonly onClientEnd: (reason: CloseReason) => void;
  /** Both ends have. */
  readonly onEnd: (connection: MemoryConnection) => void;
}

/** A connection in memory: two links, and a pipe each way between them. */
export class MemoryConnection {
  readonly client: MemoryLink;
  readonly server: MemoryLink;
  readonly #options: MemoryConnectionOptions;
  readonly #pipes: { readonly [D in Direction]: Pipe };
  readonly #noticing = new Map<Direction, () => void>();

  constructor(options: MemoryConnectionOptions) {
    const { facts, runtime, onClientEnd } = options;
    this.#options = options;
    const toServer = this.#pipe(
      "toServer",
      () => this.client,
      () => this.server,
    );
    const toClient = this.#pipe(
      "toClient",
      () => this.server,
      () => this.client,
    );
    this.#pipes = { toServer, toClient };
    this.client = new MemoryLink({
      facts,
      runtime,
      incoming: toClient,
      outgoing: toServer,
      onEnd: (reason) => {
        this.#ended("toClient");
        onClientEnd(reason);
      },
    });
    this.server = new MemoryLink({
      facts,
      runtime,
      incoming: toServer,
      outgoing: toClient,
      onEnd: () => this.#ended("toServer"),
    });
  }

  /** Both ends are told at once, and what is on its way is lost. */
  cut(): void {
    for (const end of [this.client, this.server]) end.end(lost);
  }

  pause(): void {
    for (const pipe of Object.values(this.#pipes)) pipe.hold("paused");
  }

  resume(): void {
    for (const pipe of Object.values(this.#pipes)) pipe.release("paused");
  }

  /** Nothing arrives this way any more. Its receiver notices in time, and closes. */
  silence(direction: Direction): void {
    this.#pipes[direction].hold("silent");
    this.#notice(direction);
  }

  /** What was silent speaks again, unless a frame was lost there. */
  heal(): void {
    for (const direction of ["toServer", "toClient"] as const) {
      const pipe = this.#pipes[direction];
      pipe.release("silent");
      if (!pipe.severed) this.#cancelNotice(direction);
    }
  }

  #pipe(direction: Direction, from: () => MemoryLink, to: () => MemoryLink): Pipe {
    const { facts, runtime, chance, faults } = this.#options;
    return new Pipe({
      runtime,
      chance,
      faults,
      reliable: facts.reliable,
      arrived: (frame) => to().arrived(frame),
      ended: (reason) => to().end(reason),
      left: (bytes) => from().left(bytes),
      fellSilent: () => this.#notice(direction),
      broke: () => this.cut(),
    });
  }

  #notice(direction: Direction): void {
    const receiver = direction === "toServer" ? this.server : this.client;
    if (receiver.ended || this.#noticing.has(direction)) return;
    const { runtime, noticeAfter } = this.#options;
    if (noticeAfter === Number.POSITIVE_INFINITY) return;
    // It tells the other end, which hears of it if that way works.
    this.#noticing.set(
      direction,
      runtime.timer(() => receiver.close(lost), noticeAfter),
    );
  }

  #cancelNotice(direction: Direction): void {
    this.#noticing.get(direction)?.();
    this.#noticing.delete(direction);
  }

  #ended(incoming: Direction): void {
    this.#cancelNotice(incoming);
    if (this.client.ended && this.server.ended) this.#options.onEnd(this);
  }
}
