import { EventQueue } from "./event-queue.js";
import type { Queue, QueueOptions } from "./queue.js";

/**
 * Creates a queue. With the overflow policy `"wait"` its `offer` may give a promise, which producers await.
 *
 * @throws {MisuseError} when an option is not what it has to be.
 * @example
 * ```ts
 * const mails = createQueue<Mail>({ name: "mails", attempts: 3, key: (mail) => mail.to });
 * mails.work((mail) => send(mail), { concurrency: 8, timeout: 10_000 });
 * mails.offer({ to: "ada@example.org", text: "Hello" });
 * await mails.drain();
 * ```
 */
export function createQueue<Data>(
  options?: QueueOptions<Data> & {
    readonly overflow?: "reject" | "drop-oldest" | "drop-newest" | "conflate" | undefined;
  },
): Queue<Data, boolean>;
export function createQueue<Data>(options: QueueOptions<Data>): Queue<Data>;
export function createQueue<Data>(options?: QueueOptions<Data>): Queue<Data> {
  return new EventQueue(options);
}
