import type { Page } from "playwright-core";

/** An event as it came over a page's WebSocket. */
export interface ReceivedEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Collects every event in the frames that a page's WebSockets receive. Call it before the page connects. */
export function recordEvents(page: Page): readonly ReceivedEvent[] {
  const events: ReceivedEvent[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => events.push(...eventsOf(String(payload))));
  });
  return events;
}

/** A Socket.IO packet of type 42 is an event; its one argument is a frame of the bus: an array of messages. */
function eventsOf(packet: string): ReceivedEvent[] {
  if (!packet.startsWith("42")) return [];
  const [, frame] = JSON.parse(packet.slice(2)) as [string, string];
  const messages = JSON.parse(frame) as [type: string, name: string, data: ReceivedEvent["data"]][];
  return messages.filter(([type]) => type === "event").map(([, name, data]) => ({ name, data }));
}
