import { systemRuntime } from "@eventwire/core";

/**
 * An outbox's file is named for its producer and, while somebody has it, for who that is: to rename a file is how one takes it,
 * so that of several only one does.
 */
export interface FileName {
  readonly producer: string;
  /** The token of who has it; `undefined` where nobody does. */
  readonly holder: string | undefined;
}

const pattern = /^([\w-]{1,64}?)(?:\.([a-z0-9]{1,16}))?\.outbox$/;

export function fileNameOf({ producer, holder }: FileName): string {
  return holder === undefined ? `${producer}.outbox` : `${producer}.${holder}.outbox`;
}

/** What a file is by its name; `undefined` where it is none of ours. */
export function parseFileName(name: string): FileName | undefined {
  const [, producer, holder] = pattern.exec(name) ?? [];
  return producer === undefined ? undefined : { producer, holder };
}

/** Where a file is written anew before it takes the place of the old one. */
export function nextOf(path: string): string {
  return `${path}.next`;
}

/** Where a damaged file is kept, under a name that is no outbox's and that no other file has. */
export function asideOf({ producer }: FileName): string {
  return `${producer}.${systemRuntime.randomId()}.damaged`;
}

/** A name that no other holder has, short, for it is part of an address. */
export function newHolder(): string {
  return systemRuntime.randomId();
}

/** A name that no other producer has. */
export function newProducer(): string {
  return `${systemRuntime.randomId()}-${systemRuntime.randomId()}`;
}
