/** What of an endpoint is held while a test wants it: ports and broadcast channels alike. */
type Endpoint = MessagePort | BroadcastChannel;
type Listener = (event: { readonly data?: unknown }) => void;

export interface HeldEndpoint<E extends Endpoint> {
  /** Passes for the one it is made of. */
  readonly endpoint: E;
  /** Holds what is posted here and what comes, until `resume`. */
  pause(): void;
  resume(): void;
}

export function heldEndpoint<E extends Endpoint>(real: E): HeldEndpoint<E> {
  const waiting: (() => void)[] = [];
  const wrapped = new Map<Listener, Listener>();
  let paused = false;
  const pass = (act: () => void) => {
    if (paused) waiting.push(act);
    else act();
  };
  const methods: Readonly<Record<string, unknown>> = {
    postMessage: (message: unknown) => pass(() => real.postMessage(message)),
    addEventListener(type: string, listener: Listener) {
      const held: Listener = (event) => pass(() => wrapped.has(listener) && listener(event));
      wrapped.set(listener, held);
      real.addEventListener(type, held as never);
    },
    removeEventListener(type: string, listener: Listener) {
      real.removeEventListener(type, wrapped.get(listener) as never);
      wrapped.delete(listener);
    },
  };
  const endpoint = new Proxy(real, {
    get(target, name) {
      if (typeof name === "string" && Object.hasOwn(methods, name)) return methods[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return {
    endpoint,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      for (const act of waiting.splice(0)) act();
    },
  };
}
