/** What the suite's contract has, as the protocol's page tells contracts: written down here, and not taken from the code. */
export const traits: readonly (readonly [
  name: string,
  kind: string,
  from: string,
  delivery: string,
  keyed: boolean,
])[] = [
  ["note.added", "event", "both", "live", false],
  ["word.said", "event", "both", "live", true],
  ["value.changed", "event", "both", "live", false],
  ["number.counted", "event", "server", "live", false],
  ["price.changed", "event", "server", "volatile", true],
  ["bell.rung", "event", "client", "live", false],
  ["fuss.made", "event", "both", "live", false],
  ["deed.recorded", "event", "both", "durable", false],
  ["deed.signed", "event", "server", "durable", true],
  ["deed.sealed", "event", "server", "durable", false],
  ["deed.guarded", "event", "server", "durable", false],
  ["deed.weighed", "event", "both", "durable", false],
  ["deed.rationed", "event", "both", "durable", false],
  ["thought.passed", "event", "server", "live", false],
  ["parcel.carry", "task", "both", "", false],
  ["parcel.keep", "task", "both", "", false],
  ["vault.opened", "event", "both", "live", false],
  ["door.opened", "event", "both", "live", false],
  ["guard.changed", "event", "both", "live", false],
  ["alarm.raised", "event", "both", "live", false],
  ["block.sent", "event", "server", "live", true],
  ["block.kept", "event", "server", "live", true],
  ["block.owed", "event", "server", "live", true],
  ["wait.ended", "event", "server", "live", false],
  ["value.echo", "request", "both", "", false],
  ["value.series", "request", "both", "", false],
  ["value.wait", "request", "both", "", false],
  ["badge.find", "request", "both", "", false],
  ["division.result", "request", "both", "", false],
  ["text.repeat", "request", "both", "", false],
  ["secret.told", "request", "both", "", false],
  ["lie.told", "request", "both", "", false],
  ["nobody.answers", "request", "both", "", false],
  ["vault.code", "request", "both", "", false],
  ["lamp.state", "request", "server", "", false],
  ["number.series", "request", "both", "", false],
  ["guard.confirm", "request", "server", "", false],
  ["guard.watch", "request", "server", "", false],
  ["gauge.read", "request", "both", "", false],
  ["suite.told", "event", "server", "live", false],
  ["suite.learned", "event", "client", "live", false],
  ["suite.emit", "request", "both", "", false],
  ["suite.ask", "request", "both", "", false],
  ["suite.decide", "request", "both", "", false],
  ["suite.wait", "request", "both", "", false],
  ["suite.forbid", "request", "both", "", false],
  ["suite.leave", "request", "both", "", false],
];

/** FNV-1a, 32 bits, in hexadecimal, over the sorted lines. */
export function fingerprintOf(): string {
  const lines = traits.map(([name, kind, from, delivery, keyed]) =>
    [name, kind, from, delivery, keyed ? "keyed" : ""].join(" "),
  );
  let hash = 0x811c9dc5;
  for (const character of lines.sort().join("\n"))
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
