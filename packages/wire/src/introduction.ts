import { DeniedError, type LinkFacts } from "@eventwire/core";
import type { BusCore } from "@eventwire/core/attach";
import type { Channel } from "./channel.js";
import type { Principal } from "./credentials.js";
import type { Limits } from "./limits.js";
import { type Hello, protocolVersion, type WireMessage } from "./messages.js";
import { unexpected } from "./refusal.js";
import type { Replies } from "./replies.js";

export interface IntroductionHost {
  readonly core: BusCore;
  readonly limits: Limits;
  /** @throws {DeniedError} when this link may not be served. */
  authenticate(facts: LinkFacts): Promise<Principal>;
}

export interface Introduced {
  readonly facts: LinkFacts;
  /** It has said who it is. */
  introduced(hello: Hello[1], user: Principal, facts: LinkFacts): void;
}

/** The beginning of a link at a server: until its client has said who it is, in time, nothing else is taken. */
export class Introduction {
  readonly #host: IntroductionHost;
  readonly #session: Introduced;
  readonly #channel: Channel;
  readonly #replies: Replies;
  readonly #cancelTimer: () => void;
  #state: "silent" | "authenticating" | "over" = "silent";
  #wasTooEarly = false;

  constructor(host: IntroductionHost, session: Introduced, channel: Channel, replies: Replies) {
    this.#host = host;
    this.#session = session;
    this.#channel = channel;
    this.#replies = replies;
    this.#cancelTimer = host.core.runtime.timer(() => {
      const message =
        this.#state === "silent" ? "No hello came in time." : "Authentication took longer than a hello may.";
      replies.close("NoHello", message, true);
    }, host.limits.helloTimeout);
  }

  take(message: WireMessage): void {
    if (message[0] === "goodbye") {
      this.#channel.link.close(message[1]);
    } else if (message[0] === "hello" && this.#state === "silent") {
      this.#state = "authenticating";
      this.#authenticate(message[1]).catch((error: unknown) => {
        this.#host.core.report(error);
        this.#replies.close("Internal", "The hello could not be answered.", true);
      });
    } else if (this.#wasTooEarly) {
      // Told once: who is not known yet gets no answer to each message.
      this.#replies.count("Invalid");
    } else {
      this.#wasTooEarly = true;
      this.#replies.refuse(null, null, unexpected(message[0]));
    }
  }

  end(): void {
    this.#state = "over";
    this.#cancelTimer();
  }

  async #authenticate(hello: Hello[1]): Promise<void> {
    const { protocol, link, auth } = hello;
    this.#channel.hailed = link;
    if (protocol !== protocolVersion) {
      const message = `This server speaks protocol ${protocolVersion}, the client ${protocol}. Update the older one.`;
      this.#replies.close("Protocol", message, false);
      return;
    }
    let { facts } = this.#session;
    // What the transport's own opening brought may have been looked at before, and so is not for the hello to replace.
    if (facts.auth === undefined && auth !== undefined) facts = { ...facts, auth };
    let user: Principal;
    try {
      user = await this.#host.authenticate(facts);
    } catch (error) {
      this.#deny(error);
      return;
    }
    if (this.#state === "authenticating") this.#session.introduced(hello, user, facts);
  }

  #deny(error: unknown): void {
    if (error instanceof DeniedError) {
      this.#replies.count("Denied");
      this.#replies.close("Denied", error.message, false);
    } else {
      this.#host.core.report(error);
      this.#replies.count("Unavailable");
      this.#replies.close("Unavailable", "Authentication is out of order.", true);
    }
  }
}
