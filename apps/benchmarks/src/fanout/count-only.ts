import type { WebSocket } from "ws";

/** The tilde in the text of a flight. */
const mark = 0x7e;
/** Engine.IO's, which a server asks for once in a while. */
const [ping, pong] = [0x32, "3"];

/**
 * Has a client that is connected do nothing any more but count the positions in the bytes that it gets. So all
 * implementations have the same clients, and cheap ones, which leave the processor to the server.
 */
export function countOnly(socket: WebSocket, arrived: (positions: number) => void): void {
  socket.removeAllListeners("message");
  socket.on("message", (bytes: Buffer) => {
    if (bytes.length === 1 && bytes[0] === ping) socket.send(pong);
    let count = 0;
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1))
      if (isFlight(bytes, at)) count += 1;
    if (count > 0) arrived(count);
  });
}

/** Whether it stands between letters and a digit; else it is a part of a number, where those are bytes. */
function isFlight(bytes: Buffer, at: number): boolean {
  return isLetter(bytes[at - 2]) && isLetter(bytes[at - 1]) && isDigit(bytes[at + 1]);
}

function isLetter(byte = 0): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function isDigit(byte = 0): boolean {
  return byte >= 0x31 && byte <= 0x39;
}
