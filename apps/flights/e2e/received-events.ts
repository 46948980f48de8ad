import type { Page } from "playwright-core";

/** An event as it came over a page's WebSocket. */
export interface ReceivedEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Collects every event in the frames of text that a page's WebSockets receive. Call it before the page connects. */
export function recordEvents(page: Page): readonly ReceivedEvent[] {
  const events: ReceivedEvent[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => events.push(...eventsOf(String(payload))));
  });
  return events;
}

/** A Socket.IO packet of type 42 is an event; of the one named eventwire the argument is a frame of the bus: an array of messages. */
function eventsOf(packet: string): ReceivedEvent[] {
  if (!packet.startsWith('42["eventwire",')) return [];
  const [, messages] = JSON.parse(packet.slice(2)) as [string, [type: string, ...unknown[]][]];
  return messages.flatMap(([type, ...fields]) => {
    // Of a durable event what it answers and its offset come first.
    const [name, ...parts] = (type === "stored" ? fields.slice(2) : fields) as [string, ...unknown[]];
    return dataOf(type, parts).map((data) => ({ name, data: data as ReceivedEvent["data"] }));
  });
}

function dataOf(type: string, parts: readonly unknown[]): readonly unknown[] {
  if (type === "event" || type === "stored") return parts.slice(0, 1);
  // Events of one name that follow each other are one message: after prefix and time, numbers and data take turns.
  return type === "events" ? parts.slice(2).filter(isData) : [];
}

function isData(_: unknown, index: number): boolean {
  return index % 2 === 1;
}
