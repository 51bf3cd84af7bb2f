import { createHash } from "node:crypto";
import * as fs from "node:fs";

/** sha256 of a file, in hex. */
export function sha256Of(file: string): string {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}
