/**
 * The fields of one line of a CSV file. A quoted field may hold commas and doubled quotes; no field spans lines.
 *
 * @example csvFields('DBN,"W. H. ""Bud"" Barron"') // ["DBN", 'W. H. "Bud" Barron']
 */
export function csvFields(line: string): string[] {
  const field = /("(?:[^"]|"")*"|(?!")[^,]*)(,|$)/gy;
  const fields: string[] = [];
  for (let match = field.exec(line); match; match = field.exec(line)) {
    const text = match[1] ?? "";
    fields.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    if (match[2] === "") return fields;
  }
  throw new Error(`A quoted field is not closed: ${line}`);
}
