import { z } from "zod";
import { type Position, positionSchema } from "../traffic/positions.js";

/** What is asked: for the position of a number. */
export const questionSchema = z.object({ number: z.int().min(0) });
export type Question = z.output<typeof questionSchema>;
export const answerSchema = positionSchema;

/** Asks the server; rejects when it gets no answer, or one that is none by its schema. */
export type Ask = (question: Question) => Promise<Position>;

/** How an implementation carries questions to a server and its answers back. Both sides check what they receive. */
export interface Dialogue {
  /** Listens on a free port of the loopback interface; resolves to its address. */
  serve(answer: (question: Question) => Position): Promise<string>;
  connect(address: string): Promise<Ask>;
}
