import type { Position } from "../traffic/positions.js";
import type { Recovery } from "./recovery.js";

/** A recovery that keeps and sends everything twice, of which the clients pass on the first. */
export function twice({ serve, join }: Recovery): Recovery {
  return {
    async serve(options) {
      const server = await serve(options);
      return {
        ...server,
        async emit(position) {
          await server.emit(position);
          return server.emit(position);
        },
      };
    },
    join(address, { received, failed }) {
      let next = 0;
      const once = (position: Position) => {
        if (position.number < next) return;
        next = position.number + 1;
        received(position);
      };
      return join(address, { received: once, failed });
    },
  };
}
