import type { Dialogue } from "./dialogue.js";

/** A dialogue that asks everything twice, over two connections, one after the other, and takes the second answer. */
export function twice({ serve, connect }: Dialogue): Dialogue {
  return {
    async serve(answer) {
      return `${await serve(answer)} ${await serve(answer)}`;
    },
    async connect(address) {
      const [first, second] = address.split(" ");
      const [ask, askAgain] = [await connect(first!), await connect(second!)];
      return async (question) => {
        await ask(question);
        return askAgain(question);
      };
    },
  };
}
