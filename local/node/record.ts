/** What the node has to know of the machine when it is stopped. */
import * as fs from "node:fs";

/** Writes a record whole or not at all: a start may be killed at any moment, and half a record is none. */
export function writeRecord(file: string, record: unknown): void {
  const partial = `${file}.partial`;
  fs.writeFileSync(partial, JSON.stringify(record, null, 2));
  fs.renameSync(partial, file);
}

/** Undefined if there is none. */
export function readRecord<T>(file: string): T | undefined {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as T) : undefined;
}
