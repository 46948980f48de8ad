import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Bus, createBus, type EventwireError, type Runtime } from "@eventwire/core";
import { serve } from "@eventwire/socket.io";
import { sqlite } from "@eventwire/sqlite";
import type { Hub, Principal } from "@eventwire/wire";
import { Server } from "socket.io";
import { conclusion, orders } from "./contract.js";
import { commonTime, heartbeat, hurriedRuntime } from "./hurried-runtime.js";
import { NumberedProducer } from "./numbered-producer.js";
import { drain, Participant } from "./participant.js";
import { Permits, user } from "./permits.js";
import type { Order, Role } from "./role.js";
import { type WatchedBroker, watchedBroker } from "./watched-broker.js";

interface Client extends Principal {
  readonly client: number;
}

/** Errors that are the system's way to say what has happened to it. */
const expected = new Set(["Broker", "LeaseLost"]);
/** How long another process may stand still while it writes, in milliseconds. */
const busyTimeout = 20_000;
/** Over what time it sends its clients to other servers, in milliseconds of the hurried time. */
const drainOver = 4_000;

/** A process on the file that some share: it serves clients, and takes part as well. */
export class Serving extends Participant {
  protected readonly pause = 80;
  protected readonly full = false;
  protected readonly bus: Bus<typeof orders, "server">;
  readonly #runtime: Runtime;
  readonly #broker: WatchedBroker;
  readonly #permits: Permits;
  readonly #http = createServer();
  #hub: Hub<typeof orders, Client> | undefined;
  #io: Server | undefined;
  /** When the clock was last looked at: as an event begins, to see whether its shard is held. */
  #looked = 0;

  constructor(role: Role) {
    super(role);
    const hurried = hurriedRuntime(role.since);
    const runtime = {
      ...hurried,
      monotonic: () => {
        this.#looked = commonTime();
        return hurried.monotonic();
      },
    };
    this.#runtime = runtime;
    this.#permits = new Permits(role.folder);
    const file = sqlite(join(role.folder, "events.db"), { runtime, busyTimeout });
    this.#broker = watchedBroker(file, {
      plant: role.plant,
      saved: (shard, settled, asked) => this.say({ type: "saved", shard, settled, asked }),
    });
    const onError = (error: EventwireError) => {
      if (!expected.has(error.code)) this.trouble(error);
    };
    this.bus = createBus(orders, { broker: this.#broker, runtime, onError });
  }

  override async obey(order: Order): Promise<void> {
    switch (order.type) {
      case "produce":
        return this.pend(this.#produce(order.epoch));
      case "reauthorize":
        if (this.role.plant !== "missed-revocation") await this.#hub?.reauthorize({ user });
        return this.say({ type: "reauthorized" });
      case "trim":
        await this.#broker.log.trim({ before: order.before });
        return this.say({ type: "trimmed" });
      case "conclude":
        await Promise.all(conclusion.map((event) => this.emitOne("conclusion", event)));
        return this.say({ type: "concluded" });
      case "drain":
        await this.#hub!.drain({ over: drainOver });
        return super.obey({ type: "close" });
      default:
        return super.obey(order);
    }
  }

  protected async open(): Promise<number> {
    await this.#broker.open();
    const http = this.#http;
    this.#io = new Server(http, { serveClient: false, ...heartbeat });
    const mayListen = ({ peer }: { readonly peer: { readonly user: Client } }) =>
      this.#permits.holds(peer.user.client);
    this.#hub = serve(this.bus, this.#io, {
      authenticate: ({ auth }) => ({ id: user, client: Number((auth as { client?: unknown }).client) }),
      allow: {
        listen: { "*": mayListen },
        history: { "*": mayListen },
        group: { "order.*": true },
        emit: { "*": true },
      },
      // As long as a process may stand still, and as often as links are lost here.
      limits: { helloTimeout: 100_000, outboxStarts: Number.POSITIVE_INFINITY },
    });
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(0, "127.0.0.1", resolve);
    });
    return (http.address() as AddressInfo).port;
  }

  protected async close(): Promise<void> {
    await this.bus.close({ drain });
    await this.#broker.close({ drain });
    await this.#io?.close();
  }

  protected async idle(): Promise<void> {
    // Receipts say all of what it emits.
  }

  protected looked(): number {
    return this.#looked;
  }

  protected isRefusal({ code }: EventwireError): boolean {
    // Any other error says that it is not in the log.
    return code !== "OutcomeUnknown";
  }

  async #produce(epoch: number): Promise<void> {
    const producer = new NumberedProducer(this.#broker.log, this.#runtime, epoch, (word) => this.say(word));
    await producer.run(() => this.resting);
  }
}
