import { systemRuntime } from "@eventwire/core";
import type { LinkHarness } from "@eventwire/testing/link";
import type { SharedScope } from "@eventwire/worker";
import { clientSource, serverSource } from "@eventwire/worker/source";
import { heldEndpoint } from "./held-endpoint.js";

const runtime = systemRuntime;
/** By which a client tries again at once. */
const quickly = { reconnect: { delay: 5, maxDelay: 10 } };
const impatiently = { ...quickly, connectTimeout: 20 };
let channels = 0;

/** The conformance suite's links over one port, which all clients share. */
export function portLinks(): LinkHarness {
  const { port1, port2 } = new MessageChannel();
  const lonely = new MessageChannel();
  return {
    server: serverSource(port1, runtime),
    client() {
      const { endpoint, pause, resume } = heldEndpoint(port2);
      return { source: clientSource(endpoint, runtime, quickly), pause, resume };
    },
    unreachable: () => clientSource(lonely.port1, runtime, impatiently),
    close() {
      for (const port of [port1, lonely.port1]) port.close();
    },
  };
}

/** The same in a shared worker, where each client has a port of its own. */
export function sharedWorkerLinks(): LinkHarness {
  const scope = Object.assign(new EventTarget(), { onconnect: null }) as SharedScope & EventTarget;
  const ports: MessagePort[] = [];
  const connect = () => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1);
    return { near: port1, far: port2 };
  };
  return {
    server: serverSource(scope, runtime),
    client() {
      const { near, far } = connect();
      scope.dispatchEvent(Object.assign(new Event("connect"), { ports: [far] }));
      const { endpoint, pause, resume } = heldEndpoint(near);
      return { source: clientSource(endpoint, runtime, quickly), pause, resume };
    },
    unreachable: () => clientSource(connect().near, runtime, impatiently),
    close() {
      for (const port of ports) port.close();
    },
  };
}

/** The same over a broadcast channel, on which each client hears what is posted to all others. */
export function broadcastLinks(): LinkHarness {
  const name = `links ${++channels}`;
  const opened: BroadcastChannel[] = [];
  const open = (channel = name) => {
    const one = new BroadcastChannel(channel);
    opened.push(one);
    return one;
  };
  return {
    server: serverSource(open(), runtime),
    client() {
      const { endpoint, pause, resume } = heldEndpoint(open());
      return { source: clientSource(endpoint, runtime, quickly), pause, resume };
    },
    unreachable: () => clientSource(open(`${name}, where nobody is`), runtime, impatiently),
    close() {
      for (const channel of opened) channel.close();
    },
  };
}
