import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";

const file = path.join(__dirname, "../../../chart/values.schema.json");
let schema: z.ZodType | undefined;

/** Fails unless the chart takes these values: what the component sets is what the chart knows. */
export function assertChartTakes(values: unknown): void {
  schema ??= z.fromJSONSchema(JSON.parse(fs.readFileSync(file, "utf8")));
  assert.deepEqual(schema.safeParse(values).error?.issues ?? [], []);
}
