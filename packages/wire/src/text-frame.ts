import type { EventHead, Outgoing } from "./outgoing.js";

/** A frame of JSON. Events of a name that follow each other are one message. */
export function textFrame(messages: readonly Outgoing[]): string {
  let text = "[";
  for (let index = 0; index < messages.length; ) {
    if (index > 0) text += ",";
    const end = runEnd(messages, index);
    const message = messages[index]!;
    if (!message.head) text += message.text!;
    else if (end === index + 1) text += eventText(message.head, message.text!);
    else text += runText(messages, index, end);
    index = end;
  }
  return `${text}]`;
}

/** How far the events reach that can be told as one message. */
export function runEnd(messages: readonly Outgoing[], from: number): number {
  const first = messages[from]!.head;
  let end = from + 1;
  if (first?.number === undefined) return end;
  let { number } = first;
  while (end < messages.length) {
    const head = messages[end]!.head;
    if (!head || head.name !== first.name || head.prefix !== first.prefix || head.time !== first.time) break;
    if (head.number === undefined || head.number <= number) break;
    number = head.number;
    end += 1;
  }
  return end;
}

export function idOf({ prefix, number }: EventHead): string {
  return number === undefined ? prefix : `${prefix}.${number.toString(36)}`;
}

/** Names and ids are printable ASCII, but an id that a client chose may hold quotes. */
export function eventText(head: EventHead, data: string): string {
  const { name, time } = head;
  return `["event","${name}",${data},${JSON.stringify(idOf(head))}${time === undefined ? "" : `,${time}`}]`;
}

function runText(messages: readonly Outgoing[], from: number, end: number): string {
  const { name, prefix, time = null } = messages[from]!.head!;
  let text = `["events","${name}",${JSON.stringify(prefix)},${time}`;
  let before = 0;
  for (let index = from; index < end; index++) {
    const { head, text: data } = messages[index]!;
    const number = head!.number!;
    text += `,${number - before},${data}`;
    before = number;
  }
  return `${text}]`;
}
