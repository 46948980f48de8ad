import { z } from "zod";
import { isIntact, type Position, positionOf, positionSchema } from "../traffic/positions.js";

/** The payload: where a flight is, and what its crew says. 200 bytes of JSON, give or take three. */
export const reportSchema = positionSchema.extend({ remark: z.string().max(120) });

export type Report = z.output<typeof reportSchema>;

const words = [
  "light chop",
  "smooth ride",
  "haze below",
  "tops at flight level",
  "wind shear",
  "icing in cloud",
];
/** How long a remark is, in characters. */
const remarkLength = 74;

/** The report of a number; the same in every process, and for every implementation. */
export function reportOf(number: number): Report {
  return { ...positionOf(number, true), remark: remarkOf(number) };
}

/** Whether a report arrived as it was sent. */
export function isSame(report: Report): boolean {
  return isIntact(report satisfies Position) && report.remark === remarkOf(report.number);
}

const remarks = words.map((word) => word.padEnd(remarkLength, ` ${word}`));

function remarkOf(number: number): string {
  return remarks[number % remarks.length]!;
}
