import { connect as connectWebSocket } from "@eventwire/websocket/client";
import { connect, type MessageEndpoint } from "@eventwire/worker";
import { desk } from "./contract.js";
import { serveDesk } from "./serve-desk.js";

/** A connected page, as a test asks it. */
function watch(bus: ReturnType<typeof connect<typeof desk>>) {
  const heard: string[] = [];
  const states: string[] = [];
  bus.on("note.written", ({ text, at }) => heard.push(`${text} ${at.toISOString()}`));
  bus.connection.watch(({ state, reason }) => states.push(reason ? `${state}: ${reason.code}` : state));
  return { bus, heard, states };
}

const over = (endpoint: MessageEndpoint) => watch(connect(desk, endpoint));

const links = {
  dedicated: () => over(new Worker(new URL("./dedicated.worker.ts", import.meta.url), { type: "module" })),
  shared: () =>
    over(new SharedWorker(new URL("./shared.worker.ts", import.meta.url), { type: "module" }).port),
  tab: () => over(new BroadcastChannel("desk")),
  serveTabs: () => serveDesk(new BroadcastChannel("desk")),
  webSocket: (url: string) => watch(connectWebSocket(desk, url)),
};

declare global {
  interface Window {
    links: typeof links;
    client: ReturnType<typeof over>;
    hub: ReturnType<typeof serveDesk>;
  }
}
window.links = links;
