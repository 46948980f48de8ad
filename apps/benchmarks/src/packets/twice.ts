import type { Mixture } from "./mixture.js";

/** A mixture that is sent a second time over a connection of its own; each event counts when it has come over both. */
export function twice({ serve, connect }: Mixture): Mixture {
  return {
    async serve(failed) {
      const [first, second] = [await serve(failed), await serve(failed)];
      return {
        address: `${first.address} ${second.address}`,
        tick(tick) {
          first.tick(tick);
          second.tick(tick);
        },
        picture(picture) {
          first.picture(picture);
          second.picture(picture);
        },
      };
    },
    async connect(address, { ticked, pictured, failed }) {
      const [first, second] = address.split(" ");
      const [tick, picture] = [whenBoth(ticked), whenBoth(pictured)];
      await connect(first!, { ticked: tick[0], pictured: picture[0], failed });
      await connect(second!, { ticked: tick[1], pictured: picture[1], failed });
    },
  };
}

/** Two receivers of the same, of which the later one tells. */
function whenBoth<T>(tell: (value: T) => void): [(value: T) => void, (value: T) => void] {
  const counts = [0, 0] as [number, number];
  const half = (mine: 0 | 1, other: 0 | 1) => (value: T) => {
    counts[mine] += 1;
    if (counts[mine] <= counts[other]) tell(value);
  };
  return [half(0, 1), half(1, 0)];
}
