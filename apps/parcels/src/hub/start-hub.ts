import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Broker, createBus } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { project } from "@eventwire/core/project";
import { watching } from "@eventwire/core/watch";
import { serve } from "@eventwire/socket.io";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import { type ParcelState, type Parcels, parcels, vendorOf } from "../contract.js";
import { loadPlaces } from "../places/places.js";
import { report } from "../report.js";
import { Operations } from "./operations.js";
import { boardEvents, foldParcel } from "./parcel-board.js";
import { authenticate, rules, type Staff, type User } from "./rules.js";

export interface HubOptions {
  readonly staff: Staff;
  /** The folder of the log, made where there is none. Default: it is kept in memory, as long as the hub runs. */
  readonly data?: string | undefined;
  /** 0 to 65535. Default 0: any free one. */
  readonly port?: number;
}

/** The hub at work. */
export interface Hub {
  readonly port: number;
  /** Lets what is under way end, for up to a second. */
  close(): Promise<void>;
}

/** For how long a vendor may be away and hand in again what it had handed in before: a week, in milliseconds. */
const REPETITION = 7 * 24 * 3_600_000;
/** Closed when a log begins, so that there is something to fail. */
const CLOSED_AT_FIRST = "ANC";

/** Starts the hub: the bus on its file, served over Socket.IO. */
export async function startHub({ staff, data, port = 0 }: HubOptions): Promise<Hub> {
  const broker = await openBroker(data);
  const bus = createBus<Parcels>(parcels, { broker, onError: report });
  const board = project(bus, boardEvents, { name: "parcels", fold: foldParcel });
  const closed = project(bus, ["place.closed", "place.opened"], {
    name: "closed",
    fold: (_: true | undefined, { name }) => (name === "place.closed" ? true : undefined),
  });
  await Promise.all([board.ready, closed.ready]);
  if (board.size === 0 && closed.size === 0) await bus.emit("place.closed", { place: CLOSED_AT_FIRST });

  // All that a parcel needs is there with the end of this task, or nothing of it.
  const accepting = bus.work(
    "parcel.accept",
    (parcel, task) => {
      task.onDone.emit("parcel.accepted", parcel);
      const pickup = task.onDone.enqueue("parcel.pickup", parcel);
      const delivery = task.onDone.enqueue("parcel.deliver", parcel, { after: [pickup] });
      return { delivery };
    },
    { concurrency: 64 },
  );

  const operations = new Operations(bus, board, closed);
  bus.handle("dead.list", () => operations.dead());
  bus.handle("dead.redrive", ({ parcels }) => operations.redrive(parcels));
  const places = [...loadPlaces().values()].map(({ place, city, state }) => ({ place, city, state }));
  bus.handle("places.list", () => places);
  bus.handle(
    "parcels.watch",
    watching<string, ParcelState, object>(board, {
      select: (_, { peer }) => {
        const user = peer?.user as User | undefined;
        return (parcel) => vendorOf(parcel) === user?.name;
      },
    }),
  );

  const http = createServer((_, response) => response.writeHead(404).end());
  const io = new Server(http, { serveClient: false, transports: ["websocket"] });
  const hub = serve(bus, io, {
    authenticate: ({ auth }) => authenticate(auth, staff),
    allow: rules(bus),
    rates: { "parcel.accept": { most: 100, per: 10_000 } },
  });
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const ticking = setInterval(() => operations.tick().catch(report), 1_000);

  return {
    port: (http.address() as AddressInfo).port,
    async close() {
      clearInterval(ticking);
      accepting();
      await hub.close({ drain: 1_000 });
      await io.close();
      await bus.close({ drain: 1_000 });
    },
  };
}

async function openBroker(folder: string | undefined): Promise<Broker> {
  if (folder === undefined) return memory({ dedupeWindow: REPETITION });
  await mkdir(folder, { recursive: true });
  return sqlite(join(folder, "parcels.db"), { dedupeWindow: REPETITION });
}
