import { z } from "zod";

/** A small event, which is to come soon. */
export const tickSchema = z.object({
  number: z.int(),
  /** When it was due to be sent: the monotonic time of the machine, in milliseconds. */
  due: z.number(),
});
/** A large one, which takes its time. */
export const pictureSchema = z.object({ number: z.int(), bytes: z.instanceof(Uint8Array) });

export type Tick = z.output<typeof tickSchema>;
export type Picture = z.output<typeof pictureSchema>;

export interface MixtureReceiver {
  ticked(tick: Tick): void;
  pictured(picture: Picture): void;
  failed(error: unknown): void;
}

/** How an implementation sends small and large events from a server to one client over one connection. */
export interface Mixture {
  serve(failed: (error: unknown) => void): Promise<{
    readonly address: string;
    tick(tick: Tick): void;
    picture(picture: Picture): void;
  }>;
  /** Resolves when it gets what is sent. */
  connect(address: string, receiver: MixtureReceiver): Promise<void>;
}
