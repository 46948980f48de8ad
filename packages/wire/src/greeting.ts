import type { Runtime } from "@eventwire/core";
import type { Channel } from "./channel.js";
import { defaultLimits, helloBytes } from "./limits.js";
import { type Goodbye, protocolVersion, type Welcome } from "./messages.js";

export interface GreetingOptions {
  readonly runtime: Runtime;
  readonly channel: Channel;
  /** The fingerprint of the client's contract. */
  readonly contract: string;
  readonly auth: unknown;
  /** What it may be sent besides JSON. */
  readonly codecs: readonly string[] | undefined;
  /** The largest message that it takes in parts, in bytes. */
  readonly maxMessageBytes: number;
  readonly report: (error: unknown) => void;
}

/** What a client says at the beginning of a link, until the welcome to it. */
export class Greeting {
  readonly #options: GreetingOptions;
  readonly #nonce: string;
  readonly #cancelTimer: () => void;
  #said = false;
  #over = false;

  constructor(options: GreetingOptions) {
    const { runtime, channel } = options;
    this.#options = options;
    this.#nonce = runtime.randomId();
    this.#cancelTimer = runtime.timer(() => {
      const message = this.#said
        ? "The server did not answer the hello. Does it serve Eventwire there?"
        : "auth() took longer than a hello may.";
      channel.close({ code: "NoWelcome", message, retryable: true });
    }, defaultLimits.helloTimeout);
  }

  async say(): Promise<void> {
    // A link may be lost before there is anything to speak over it.
    if (this.#over) return;
    const { channel, contract, auth, codecs, maxMessageBytes, report } = this.#options;
    channel.maxFrameBytes = Math.min(channel.maxFrameBytes, helloBytes);
    try {
      const given: unknown = typeof auth === "function" ? await auth() : auth;
      channel.send([
        "hello",
        { protocol: protocolVersion, link: this.#nonce, contract, auth: given, codecs, maxMessageBytes },
      ]);
      this.#said = true;
    } catch (error) {
      report(error);
      const message = "The hello could not be made; onError was told why.";
      channel.close({ code: "NoAuth", message, retryable: true });
    }
  }

  /** Whether it answers this very hello: until then, whatever comes was meant for an earlier link. */
  isAnsweredBy(message: Welcome | Goodbye): boolean {
    return (message[0] === "welcome" ? message[1].link : message[2]) === this.#nonce;
  }

  end(): void {
    this.#over = true;
    this.#cancelTimer();
  }
}
