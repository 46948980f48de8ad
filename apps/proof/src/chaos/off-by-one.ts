import type { Link, LinkSource } from "@eventwire/core";

/** What a client asks for of its server's log, from an offset on. */
const followed = /(\["follow",\d+,\[[^\]]*\],"[^"]+\.)(\d+)"/g;

/** The same links, over which a client that goes on where it was asks for what comes after the next event. */
export function offByOne(source: LinkSource): LinkSource {
  return { listen: (onLink, onFailure) => source.listen((link) => onLink(resuming(link)), onFailure) };
}

function resuming(link: Link): Link {
  const further = (text: string) =>
    text.replace(followed, (_, asked: string, number: string) => `${asked}${Number(number) + 1}"`);
  return {
    get facts() {
      return link.facts;
    },
    get bufferedBytes() {
      return link.bufferedBytes;
    },
    open: (receiver) => link.open(receiver),
    send: (frame) => link.send(typeof frame === "string" ? further(frame) : frame),
    close: (reason) => link.close(reason),
  };
}
