import type { EventLog, Follower } from "./event-log.js";

/** A log that keeps everything a second time, in another one, and gives what both of them have given. */
export function twice({ open }: EventLog): EventLog {
  return {
    async open(place) {
      const first = await open(place);
      const second = await open({ ...place, name: `${place.name}-again` });
      return {
        async append(report) {
          await first.append(report);
          return second.append(report);
        },
        async fill(reports) {
          await first.fill(reports);
          await second.fill(reports);
        },
        async follow(follower) {
          const [one, other] = whenBoth(follower);
          const stops = [await first.follow(one), await second.follow(other)];
          return () => Promise.all(stops.map((stop) => stop()));
        },
        close: () => Promise.all([first.close(), second.close()]),
      };
    },
  };
}

/** Two followers of the same, of which the later one tells. */
function whenBoth({ received, failed }: Follower): readonly [Follower, Follower] {
  const counts: [number, number] = [0, 0];
  const half = (mine: 0 | 1, other: 0 | 1): Follower => ({
    received(report) {
      counts[mine] += 1;
      if (counts[mine] <= counts[other]) received(report);
    },
    failed,
  });
  return [half(0, 1), half(1, 0)];
}
