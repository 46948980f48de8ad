import type { Fanout } from "./fanout.js";

/** A fanout that sends everything a second time, to as many other clients, whom nobody looks at. */
export function twice({ serve, join }: Fanout): Fanout {
  return {
    async serve(failed) {
      const [first, second] = await Promise.all([serve(failed), serve(failed)]);
      return {
        address: `${first.address} ${second.address}`,
        emit(position) {
          first.emit(position);
          second.emit(position);
        },
      };
    },
    async join(address, viewer) {
      const [first, second] = address.split(" ");
      const shadow = await join(second!, { ...viewer, received: () => undefined });
      shadow.removeAllListeners("message");
      return join(first!, viewer);
    },
  };
}
