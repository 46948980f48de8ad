import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Broker, createBus } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { type Principal, serve } from "@eventwire/socket.io";
import { sqlite } from "@eventwire/sqlite";
import { Server } from "socket.io";
import { airspace } from "./contract.js";
import { loadAirports } from "./data/airports.js";
import { AirspaceHub, TICK } from "./hub/airspace-hub.js";
import { answerRequests } from "./hub/requests.js";
import { openReplay } from "./replay/open-replay.js";
import { listen } from "./server/listen.js";
import { pageFiles } from "./server/page-files.js";
import type { Settings } from "./server/settings.js";
import { createWebServer, type Health } from "./server/web-server.js";

export interface FlightsOptions extends Partial<Settings> {
  /** The folder of the log. Default: the log is kept in memory, as long as the app runs. */
  data?: string;
  /** The folder of the built page. Default `dist/page` of this app. */
  pageFolder?: string;
  /** "json": frames are text alone, which can be read on the way. Default: what the bus and the page agree on. */
  codec?: "json";
}

/** The app at work. */
export interface Flights {
  /** Where the page is, such as `http://127.0.0.1:4200`. */
  readonly url: string;
  /** What `/health` answers. */
  health(): Health;
  /** Ends everything: pages are told, the port is free, the file is closed. */
  close(): Promise<void>;
}

/** Bytes of a packet: a snapshot of 3,000 aircraft is 560 kB, and each quote in it takes a byte more on the way. */
const LARGEST_PACKET = 2_000_000;

/** Bytes that a page may send at once; an alert is 200. */
const LARGEST_QUESTION = 65_536;

/**
 * Departures, arrivals and alerts that the log keeps, some 20 MB: at the usual 180 times life those of the last 18 minutes, which
 * is how long a page may be away and miss nothing. A bound by age would forget where the replay was while nothing runs.
 */
const KEPT = 100_000;

/** Beyond what so many take. */
const KEPT_BYTES = 64_000_000;

const now = () => performance.now();

/**
 * Starts the app: the replay on a bus, the bus on Socket.IO, and the page beside it on one port.
 *
 * @throws when the port is taken, or the page is not built.
 *
 * @example
 * const flights = await startFlights({ port: 0, speed: 3_600 });
 * console.log(flights.url);
 * await flights.close();
 */
export async function startFlights(options: FlightsOptions = {}): Promise<Flights> {
  const { host = "127.0.0.1", port = 4_200, speed = 180, pageFolder = builtPage(), codec, data } = options;
  const onError = (error: unknown) => console.error(error);
  const bus = createBus(airspace, { broker: await openLog(data), onError });
  const [airports, page] = await Promise.all([loadAirports(), pageFiles(pageFolder)]);
  const hub = await AirspaceHub.open(bus, {
    speed,
    now,
    onError,
    open: (reached) => openReplay(airports, reached),
  });
  answerRequests(bus, { hub, airports });

  const health = (): Health => {
    const { departed, airborne, simulatedTime } = hub.state;
    const clients = peers.peers().length;
    return {
      status: "ok",
      departed,
      airborne,
      clients,
      simulatedTime: new Date(simulatedTime).toISOString(),
    };
  };
  const web = createWebServer(page, health);
  const io = new Server(web, { serveClient: false, maxHttpBufferSize: LARGEST_PACKET });
  const peers = serve(bus, io, {
    // Visitors are told apart by their address, which outlives a connection; behind a proxy all share one.
    authenticate: ({ address = "unknown" }): Principal => ({ id: address }),
    allow: {
      listen: { "*": true },
      // The log itself forgets what is old.
      history: { "*": true },
      request: { "*": true },
      emit: { "alert.raised": true },
    },
    // The replay's knobs are everyone's.
    rates: { "alert.raised": { most: 5, per: 10_000 }, "replay.control": { most: 10, per: 5_000 } },
    limits: { frameBytes: LARGEST_QUESTION, messageBytes: LARGEST_QUESTION },
    ...(codec && { codec }),
  });

  const close = async () => {
    clearInterval(ticking);
    await hub.close();
    await peers.close();
    await bus.close();
    const closed = web.listening && once(web, "close");
    await io.close();
    web.closeAllConnections();
    await closed;
  };
  const ticking = setInterval(() => hub.tick(), TICK);
  try {
    await listen(web, port, host);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: urlOf(web.address() as AddressInfo), health, close };
}

async function openLog(folder: string | undefined): Promise<Broker> {
  if (folder === undefined) return memory({ events: KEPT, bytes: KEPT_BYTES });
  await mkdir(folder, { recursive: true });
  return sqlite(join(folder, "flights.db"), { retention: { events: KEPT } });
}

/** The same folder from the source, for tests, and from the built server. */
function builtPage(): string {
  return fileURLToPath(new URL("../dist/page", import.meta.url));
}

/** An address to open in a browser; a server on every address is reached by this machine's name. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (address === "0.0.0.0" || address === "::") return `http://localhost:${port}`;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
