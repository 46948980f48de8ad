import { setTimeout as wait } from "node:timers/promises";
import type { Ends } from "../processes/ends.js";
import type { Mixture } from "./mixture.js";
import { createPicture, isIntact, pictureBytes } from "./pictures.js";
import { twice } from "./twice.js";

/** How often a tick is due, in milliseconds. */
const every = 2;
/** How long the last may take to arrive, in milliseconds. */
const patience = 30_000;

/** What a client says of what it got. */
export interface Got {
  /** How long after it was due each tick came, in milliseconds. */
  readonly delays: readonly number[];
  readonly pictures: number;
  readonly problem: string | undefined;
}

/** What an end can be asked, in its process. */
export type MixtureEnd = ReturnType<typeof createEnd>;
export type MixtureEnds = Ends<MixtureEnd>;

/** The entry of a process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<MixtureEnd> {
  const { mixture } = (await import(module)) as { mixture: Mixture };
  return createEnd(doubled ? twice(mixture) : mixture);
}

export function createEnd(mixture: Mixture, pictureSize = pictureBytes) {
  let served: Awaited<ReturnType<Mixture["serve"]>>;
  let delays: number[] = [];
  let [ticks, pictures] = [0, 0];
  let problem: string | undefined;
  let buffer: Uint8Array<ArrayBuffer> | undefined;
  const wrong = (what: unknown) => {
    problem ??= what instanceof Error ? what.message : String(what);
  };
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const healthy = () => {
    if (problem !== undefined) throw new Error(problem);
  };

  return {
    async serve(): Promise<string> {
      served = await mixture.serve(wrong);
      return served.address;
    },
    connect: (address: string): Promise<void> =>
      mixture.connect(address, {
        ticked({ number, due }) {
          if (number !== ticks++) wrong(`Tick ${ticks - 1} was due, and ${number} came.`);
          delays.push(now() - due);
        },
        pictured(picture) {
          if (picture.number !== pictures++ || !isIntact(picture, pictureSize))
            wrong(
              `Picture ${pictures - 1} was due; ${picture.number} came, of ${picture.bytes.length} bytes.`,
            );
        },
        failed: wrong,
      }),
    /** Sends a tick when each is due, for so long. @returns how many were sent in all. */
    async tick(milliseconds: number): Promise<number> {
      let due = now();
      const end = due + milliseconds;
      while (due < end) {
        // What is due after the end is left out however long sending takes.
        for (; due <= now() && due < end; due += every) served.tick({ number: ticks++, due });
        await wait(1);
        healthy();
      }
      return ticks;
    },
    /** Sends a picture. @returns how many were sent in all. */
    picture(): number {
      buffer ??= new Uint8Array(pictureSize);
      served.picture(createPicture(pictures, buffer));
      healthy();
      pictures += 1;
      return pictures;
    },
    /** Waits until so many have come. */
    async arrived(due: { readonly ticks?: number; readonly pictures?: number }): Promise<void> {
      const end = now() + patience;
      do {
        await wait(1);
        healthy();
        if (now() > end) throw new Error(`${ticks} ticks and ${pictures} pictures came, and no more.`);
      } while (ticks < (due.ticks ?? 0) || pictures < (due.pictures ?? 0));
    },
    /** What came since this was asked last. */
    got(): Got {
      const got = { delays, pictures, problem };
      delays = [];
      return got;
    },
  };
}
