import { EventEmitter, on, once } from "node:events";
import type { AddressInfo } from "node:net";
import { createTRPCClient, createWSClient, TRPCClientError, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocket, WebSocketServer } from "ws";
import { type Position, positionSchema } from "../../traffic/positions.js";
import type { Receiver, Wire } from "../../wire/wire.js";

const trpc = initTRPC.create();

/** Up: a mutation a position, which is answered, with an error where it is refused. Down: a subscription. */
export const wire: Wire = {
  async serve(receiver) {
    const positions = new EventEmitter();
    const wss = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
    applyWSSHandler({ wss, router: createRouter(positions, receiver) });
    await once(wss, "listening");
    return {
      address: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`,
      emit: (position) => positions.emit("position", position),
    };
  },
  async connect(address, { received, refused, failed }) {
    const Ponyfill = WebSocket as unknown as typeof globalThis.WebSocket;
    const client = createTRPCClient<Router>({
      links: [wsLink({ client: createWSClient({ url: address, WebSocket: Ponyfill }) })],
    });
    await new Promise<void>((resolve, reject) => {
      client.positions.subscribe(undefined, {
        onStarted: () => resolve(),
        onData(data) {
          const { success, data: position } = positionSchema.safeParse(data);
          if (success) received(position);
          else refused();
        },
        onError: reject,
      });
    });
    const rejected = (error: unknown) => {
      if (error instanceof TRPCClientError && error.data?.code === "BAD_REQUEST") refused();
      else failed(error);
    };
    return (position) => void client.move.mutate(position).catch(rejected);
  },
};

type Router = ReturnType<typeof createRouter>;

function createRouter(positions: EventEmitter, receiver: Receiver) {
  return trpc.router({
    move: trpc.procedure.input(positionSchema).mutation(({ input }) => receiver.received(input)),
    positions: trpc.procedure.subscription(async function* ({ signal }): AsyncGenerator<Position> {
      for await (const [position] of on(positions, "position", { signal: signal! })) yield position;
    }),
  });
}
