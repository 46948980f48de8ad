import { Server, type ServerOptions } from "socket.io";
import { io as connectSocket } from "socket.io-client";
import { listenerPort } from "../../processes/listener-port.js";
import type { Recovery, RecoveryServer } from "../../resume/recovery.js";
import { type Position, positionSchema } from "../../traffic/positions.js";

/** Connection state recovery by the adapter in memory: what was sent is kept for two minutes. */
export const recovery: Recovery = {
  serve: ({ port }) => serveRecovering(port, {}, async (io, position) => io.emit("position", position)),
  async join(address, { received, failed }) {
    const socket = connectSocket(address, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
    });
    socket.on("position", (position: unknown) => {
      const { success, data, error } = positionSchema.safeParse(position);
      if (success) received(data);
      else failed(error);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    socket.on("connect", () => {
      if (!socket.recovered) failed("A client was not recovered.");
    });
    return { cut: () => socket.io.engine.close(), resume: () => void socket.connect() };
  },
};

export async function serveRecovering(
  port: number,
  options: Partial<ServerOptions>,
  emit: (io: Server, position: Position) => Promise<unknown>,
): Promise<RecoveryServer> {
  const io = new Server(port, {
    transports: ["websocket"],
    serveClient: false,
    connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: true },
    ...options,
  });
  return {
    port: await listenerPort(io.httpServer),
    emit: (position) => emit(io, position),
    connected: () => io.engine.clientsCount,
    close: () => io.close(),
  };
}
