import type { Receiver, Wire } from "./wire.js";

/** A wire that carries everything a second time, over a connection of its own; what has come over both has come. */
export function twice(wire: Wire): Wire {
  return {
    async serve(receiver, json) {
      const [one, two] = inPairs(receiver);
      const first = await wire.serve(one, json);
      const second = await wire.serve(two, json);
      return {
        address: `${first.address} ${second.address}`,
        emit(position) {
          first.emit(position);
          second.emit(position);
        },
      };
    },
    async connect(address, receiver) {
      const [one, two] = inPairs(receiver);
      const addresses = address.split(" ");
      const first = await wire.connect(addresses[0]!, one);
      const second = await wire.connect(addresses[1]!, two);
      return (position) => {
        first(position);
        second(position);
      };
    },
  };
}

/** Two receivers of the same, which together tell `receiver` once. */
function inPairs({ received, refused, failed }: Receiver): [Receiver, Receiver] {
  const one = { received: 0, refused: 0 };
  const two = { received: 0, refused: 0 };
  const half = (mine: typeof one, other: typeof one): Receiver => ({
    received(position) {
      mine.received += 1;
      if (mine.received <= other.received) received(position);
    },
    refused() {
      mine.refused += 1;
      if (mine.refused <= other.refused) refused();
    },
    failed,
  });
  return [half(one, two), half(two, one)];
}
