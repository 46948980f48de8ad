import { expect, it } from "vitest";
import { mixture as ours } from "../ours/packets.js";
import { mixture as socketIo } from "../peers/packets/socket.io.js";
import { actHere } from "../processes/actor.js";
import { packets as suite } from "../suites/packets.js";
import { createEnd, type MixtureEnds } from "./end.js";
import { measurePackets } from "./measure-packets.js";
import type { Mixture, MixtureReceiver, Picture, Tick } from "./mixture.js";
import { twice } from "./twice.js";

const size = 100_000;

function here(mixture: Mixture): MixtureEnds {
  const start = async (doubled?: boolean) => actHere(createEnd(doubled ? twice(mixture) : mixture, size));
  return { version: "0.0.0", server: start, client: start };
}

/** A mixture in this process, on which something may befall what is sent. */
function memoryMixture({
  tick = (one: Tick): Tick | undefined => one,
  picture = (one: Picture): Picture | undefined => one,
}): Mixture {
  const receivers: MixtureReceiver[] = [];
  return {
    async serve() {
      const index = receivers.length++;
      return {
        address: String(index),
        tick(sent) {
          const one = tick(sent);
          if (one) receivers[index]!.ticked(one);
        },
        picture(sent) {
          const one = picture(sent);
          if (one) receivers[index]!.pictured(one);
        },
      };
    },
    async connect(address, receiver) {
      receivers[Number(address)] = receiver;
    },
  };
}

it.each([
  { name: "ours", mixture: ours },
  { name: "socket.io", mixture: socketIo },
])("measures $name, with and without pictures", async ({ mixture }) => {
  expect(await measurePackets(here(mixture), false, 30)).toBeGreaterThan(0);
  expect(await measurePackets(here(mixture), true, 30)).toBeGreaterThan(0);
});

it("counts a tick as late from when it was due", async () => {
  const blocking = memoryMixture({
    tick(tick) {
      const until = performance.now() + 3;
      while (performance.now() < until);
      return tick;
    },
  });
  expect(await measurePackets(here(blocking), false, 60)).toBeGreaterThan(20);
});

it.each([
  {
    fault: "a tick is lost",
    mixture: memoryMixture({ tick: (tick) => (tick.number === 7 ? undefined : tick) }),
    says: "Tick 7 was due",
  },
  {
    fault: "a picture is altered",
    mixture: memoryMixture({ picture: ({ number, bytes }) => ({ number, bytes: bytes.fill(9, -1) }) }),
    says: "Picture 0 was due",
  },
  {
    fault: "a picture is cut short",
    mixture: memoryMixture({ picture: ({ number, bytes }) => ({ number, bytes: bytes.subarray(1) }) }),
    says: "of 99999 bytes",
  },
])("fails when $fault", async ({ mixture, says }) => {
  await expect(measurePackets(here(mixture), true, 30)).rejects.toThrow(says);
});

it("sends everything twice under the handicap", async () => {
  let pictures = 0;
  const counting = memoryMixture({
    picture(picture) {
      pictures += 1;
      return picture;
    },
  });
  await measurePackets(suite.handicap(here(counting)), true, 5);
  expect(pictures).toBeGreaterThan(0);
  expect(pictures % 2).toBe(0);
});
