import type { Frame } from "@eventwire/core";
import type { Subject } from "./subject.js";
import { utf8Bytes } from "./utf8.js";

/** How large the frame of a part is, in bytes: less than fills a link, so that what is small need not wait for it to drain. */
export const partFrameBytes = 64_000;
/** Where frames are smaller than this, in bytes, nothing is sent in parts. */
export const leastPartFrameBytes = 4_096;
/** What a part holds at least, in bytes, unless it is the last one. */
export const leastPartBytes = 512;

/** A message as the frames of its parts. They are the same for all who get it. */
export interface Parts {
  /** What they hold together, in bytes. */
  readonly bytes: number;
  readonly frames: readonly Frame[];
}

/** What stands around the text of a part, without its quotes. */
const aroundText = '[["part",]]'.length;

/** The JSON text of what says that parts follow, and of which message. */
export function announcement(bytes: number, subject: Subject): string {
  return JSON.stringify(["parts", bytes, ...subject]);
}

/** Cuts the JSON text of a message. JSON escapes half of a character that is cut in two, so it is whole again when joined. */
export function cutText(text: string, subject: Subject, frameBytes: number): Parts {
  const bytes = utf8Bytes(text);
  const frames: string[] = [];
  let before = `${announcement(bytes, subject)},`;
  for (let at = 0; at < text.length; ) {
    const room = frameBytes - aroundText - utf8Bytes(before);
    const part = fitting(text, at, room);
    frames.push(`[${before}["part",${part.json}]]`);
    at += part.length;
    before = "";
  }
  return { bytes, frames };
}

/** As much of a text as takes no more than `room` bytes as JSON, in few attempts. */
function fitting(text: string, at: number, room: number): { readonly json: string; readonly length: number } {
  for (let length = Math.min(room - 2, text.length - at); ; ) {
    const json = JSON.stringify(text.slice(at, at + length));
    const bytes = utf8Bytes(json);
    if (bytes <= room) return { json, length };
    length = Math.min(length - 1, Math.floor((length * room) / bytes));
  }
}
