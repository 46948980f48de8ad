import type { EventwireError } from "@eventwire/core";
import { type ClientBus, type ConnectOptions, connect, type Status } from "@eventwire/socket.io-client";
import { type BehaviourContract, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import type { Principal, ServeOptions } from "@eventwire/wire";
import type { Socket } from "socket.io-client";
import { onTestFinished, vi } from "vitest";
import { quickly, type ServedBus, type ServedBusOptions, serveBus } from "./served-bus.js";

type Options = Partial<ServedBusOptions<BehaviourContract, Principal>>;

/** A served bus of the behavioural suite's contract, closed when the test ends. Everybody may do everything. */
export async function startServer(options: Options = {}): Promise<ServedBus<BehaviourContract, Principal>> {
  const served = await serveBus(behaviourContract, { serve: openAccess, ...options });
  onTestFinished(() => served.close());
  return served;
}

/** How a server is served where everybody may do everything, but for what is given. */
export function openBut<User extends Principal = Principal>(
  options: Partial<ServeOptions<BehaviourContract, User>>,
): ServeOptions<BehaviourContract, User> {
  return { ...(openAccess as unknown as ServeOptions<BehaviourContract, User>), ...options };
}

export interface Client {
  readonly bus: ClientBus<BehaviourContract>;
  /** What its `onError` was told. */
  readonly errors: EventwireError[];
  /** Every status it has had. */
  readonly statuses: Status[];
}

/** A connected bus, or one that tries to be, closed when the test ends. It reconnects at once. */
export function startClient(target: string | Socket, { socket, ...options }: ConnectOptions = {}): Client {
  const errors: EventwireError[] = [];
  const bus = connect(behaviourContract, target, {
    onError: (error) => errors.push(error),
    socket: { forceNew: true, ...quickly, ...socket },
    ...options,
  });
  const statuses: Status[] = [];
  bus.connection.watch((status) => statuses.push(status));
  onTestFinished(() => bus.close());
  return { bus, errors, statuses };
}

/** A client that has been welcomed. */
export async function startConnected(target: string | Socket, options?: ConnectOptions): Promise<Client> {
  const client = startClient(target, options);
  await reaches(client, "connected");
  return client;
}

/** Resolves when it is in this state, now or later, however short that is. */
export function reaches({ bus }: Client, state: Status["state"]): Promise<void> {
  return new Promise((resolve) => {
    const controller = new AbortController();
    bus.connection.watch(
      (status) => {
        if (status.state !== state) return;
        controller.abort();
        resolve();
      },
      { signal: controller.signal },
    );
  });
}

/** Waits until `check` passes. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { interval: 5, timeout: 10_000 });
}
