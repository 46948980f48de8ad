import { expect, it } from "vitest";
import { Compiler } from "../fixtures/compiler.js";

const events = 300;
const uses = 1_000;
/** How much longer it may take than to check the same schemas and as many uses of them without a bus. */
const limit = 6;

/** A module with a contract of `events` events and what an application does with them, `uses` times. */
function application(events: number, uses: number): string {
  const names = Array.from({ length: events }, (_, index) => `area${index % 20}.thing${index}.changed`);
  const definitions = names.map((name, index) => {
    const data = `z.object({ id: z.string(), count${index}: z.number(), at: z.date().optional() })`;
    const options = [
      "",
      ", { key: (data) => data.id }",
      ', { delivery: "volatile", key: (data) => data.id }',
      ', { delivery: "durable", from: "both" }',
    ];
    return `  "${name}": event(${data}${options[index % options.length]}),`;
  });
  const using = Array.from({ length: uses }, (_, index) => {
    const event = index % names.length;
    const name = names[event]!;
    const count = `count${event}`;
    const area = name.slice(0, name.indexOf("."));
    // As an application has it: as many emits as listeners, a wildcard now and then, few that hear everything.
    const kind = index % 20;
    if (kind < 8) return `bus.emit("${name}", { id: "x", ${count}: ${index} });`;
    if (kind < 16) return `bus.on("${name}", (data, context) => [data.${count}.toFixed(), context.name]);`;
    const pattern = kind < 19 ? `${area}.*` : "*";
    return `bus.on("${pattern}", (message) => message.name === "${name}" && message.data.${count}.toFixed());`;
  });
  return `import { createBus, defineContract, event, type Named } from "../src/index.js";
import { z } from "zod";
const contract = defineContract({
${definitions.join("\n")}
});
interface Application extends Named<typeof contract> {}
const application: Application = contract;
export const bus = createBus(application);
void [event, z];
${using.join("\n")}
`;
}

/** The same schemas, and what they give used as often: what the compiler takes for them on this machine. */
function schemas(events: number, uses: number): string {
  const definitions = Array.from(
    { length: events },
    (_, index) =>
      `const schema${index} = z.object({ id: z.string(), count${index}: z.number(), at: z.date().optional() });`,
  );
  const using = Array.from({ length: uses }, (_, index) => {
    const event = index % events;
    return `void [schema${event}.parse({ id: "x", count${event}: ${index} })].map((data) => data.count${event}.toFixed());`;
  });
  return `import { z } from "zod";
${definitions.join("\n")}
${using.join("\n")}
export {};
`;
}

it(`checks the types of ${events} events and ${uses} uses in under ${limit} times what their schemas take`, {
  timeout: 120_000,
}, () => {
  const alone = new Compiler({ "user.ts": schemas(events, uses) });
  const full = new Compiler({ "user.ts": application(events, uses) });
  // The first is of a compiler that is not warm yet.
  full.measure();
  const ratios: number[] = [];
  // Other work on the machine lengthens either.
  for (let attempt = 0; attempt < 5 && !ratios.some((ratio) => ratio < limit); attempt++) {
    ratios.push(full.measure() / alone.measure());
  }
  expect(Math.min(...ratios)).toBeLessThan(limit);
});
