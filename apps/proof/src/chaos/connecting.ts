import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EventwireError } from "@eventwire/core";
import { file } from "@eventwire/outbox/file";
import type { ClientBus } from "@eventwire/wire";
import { connectTo } from "./connect-to.js";
import type { orders } from "./contract.js";
import { commonTime, hurriedRuntime } from "./hurried-runtime.js";
import { drain, Participant } from "./participant.js";
import type { ClientLink, Order, Role } from "./role.js";
import { watchedStore } from "./watched-store.js";

/** How many events it has waiting in its outbox before it waits itself. */
const most = 500;

/** How many it may have: others may leave theirs to it. */
const limit = 10_000;

/** A process that has nothing but a link to a server, and an outbox in files. */
export class Connecting extends Participant {
  protected readonly pause = 160;
  protected readonly bus: ClientBus<typeof orders>;
  /** Since when it has the link that it has, or had the last: what it is given over that was looked at later. */
  #linked = 0;

  constructor(role: Role, link: ClientLink) {
    super(role);
    const { folder, place, plant, since } = role;
    const kept = (ids: readonly string[]) => this.say({ type: "kept", ids });
    this.bus = connectTo(link, plant, {
      auth: { client: place },
      runtime: hurriedRuntime(since),
      outbox: { store: watchedStore(file(join(folder, "outbox")), { kept, plant }), limit },
      onError: (error) => {
        if (!isWaiting(error)) this.trouble(error);
      },
    });
    this.bus.connection.watch(({ state }) => {
      if (state === "connected") this.#linked = commonTime();
      if (state === "closed" && !this.resting) this.trouble("its connection was closed for good");
    });
  }

  protected get full(): boolean {
    // What comes before the outbox is open is not in it yet.
    return this.underWay + this.bus.connection.outbox.size >= most;
  }

  override async obey(order: Order): Promise<void> {
    if (order.type !== "refresh") return super.obey(order);
    // A link that is lost meanwhile begins with the same.
    await this.bus.connection.refresh().catch(() => undefined);
  }

  protected async open(): Promise<undefined> {
    // It emits and listens before it has a link.
  }

  protected async close(): Promise<void> {
    await this.bus.close({ drain });
  }

  protected async idle(): Promise<void> {
    const { outbox } = this.bus.connection;
    while (outbox.size > 0) await sleep(20);
  }

  protected looked(): number {
    return this.#linked;
  }

  protected isRefusal(error: EventwireError): boolean {
    // What an outbox keeps outlives the bus; nothing else may befall what is valid, and permitted.
    if (error.code !== "Closed") this.trouble(error);
    return false;
  }
}

/** A server or a link that is slow for 1.5 s, which are 30 in a hurry, is said to be: nothing is given up by that. */
function isWaiting({ code, message }: EventwireError): boolean {
  return code === "Unavailable" && message.endsWith("It is waited for.");
}
