import type { Answer, Ask } from "./processes/act-apart.js";
import type { Methods } from "./processes/actor.js";

/** A process of a measurement: does what it is asked, until nobody can ask any more. */
const [, , module, argument] = process.argv;

process.on("disconnect", () => process.exit());
const answer = (message: Answer) => {
  if (process.connected) process.send!(message);
};
const failureOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

try {
  const { act } = (await import(module!)) as { act: (argument: unknown) => Methods | Promise<Methods> };
  const methods = await act(JSON.parse(argument!));
  process.on("message", async (message) => {
    const { number, method, given } = message as Ask;
    try {
      answer({ number, value: await methods[method]!(...given) });
    } catch (error) {
      answer({ number, failure: failureOf(error) });
    }
  });
  answer({ number: 0 });
} catch (error) {
  answer({ number: 0, failure: failureOf(error) });
}
