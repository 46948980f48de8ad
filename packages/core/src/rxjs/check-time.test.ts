import { expect, it } from "vitest";
import { Compiler } from "../../fixtures/compiler.js";

const events = 300;
const uses = 300;
const limit = 6_000;

const imports = `import { createBus, defineContract, event, type Named, unchecked } from "../src/index.js";
import { join, latest, perKey, stream } from "../src/rxjs.js";
import { bufferCount } from "rxjs";`;

/** A module with a contract of `events` events, of which streams are made `uses` times. */
function application(): string {
  const names = Array.from({ length: events }, (_, index) => `area${index % 20}.thing${index}.changed`);
  const definitions = names.map(
    (name, index) =>
      `  "${name}": event(unchecked<{ id: string; count${index}: number }>(), { key: (data) => data.id }),`,
  );
  const using = Array.from({ length: uses }, (_, use) => {
    const index = use % events;
    const [name, other] = [names[index]!, names[(index + 1) % events]!];
    switch (use % 4) {
      case 0:
        return `stream(bus, "${name}").subscribe((data) => data.count${index}.toFixed());`;
      case 1:
        return `latest(bus, "${name}", { keys: 5 }).subscribe((data) => data.count${index}.toFixed());`;
      case 2:
        return `join(bus, { a: "${name}", b: "${other}" }).subscribe(({ a }) => a.count${index}.toFixed());`;
      default:
        return `perKey(bus, "${name}", bufferCount(2)).subscribe(([data]) => data?.count${index}.toFixed());`;
    }
  });
  return `${imports}
const contract = defineContract({
${definitions.join("\n")}
});
interface Application extends Named<typeof contract> {}
const bus = createBus<Application>(contract);
${using.join("\n")}
`;
}

it(`checks ${uses} streams of ${events} events in under ${limit} ms of the processor`, {
  timeout: 120_000,
}, () => {
  new Compiler({ "user.ts": imports }).measure(); // reads and parses the libraries
  expect(new Compiler({ "user.ts": application() }).measure()).toBeLessThan(limit);
});
