import * as fs from "node:fs";
import * as path from "node:path";
import type * as yamlModule from "yaml";
import { z } from "zod";
import type { Values } from "../../shared/mappings";

/** What a chart says of its values. Each file is read when it is first asked for: that takes a while. */
export class ChartDocuments {
  private static readonly known = new Map<string, ChartDocuments>();
  private schemaOfValues: z.ZodType | undefined;
  private ownValues: Values | undefined;
  private removableValues: readonly string[] | undefined;

  private constructor(private readonly folder: string) {}

  /** @param folder of the chart; read once for each */
  static of(folder: string): ChartDocuments {
    const documents = ChartDocuments.known.get(folder) ?? new ChartDocuments(folder);
    ChartDocuments.known.set(folder, documents);
    return documents;
  }

  /** Of a chart without a schema: whatever is a mapping. */
  get schema(): z.ZodType {
    this.schemaOfValues ??= this.has("values.schema.json")
      ? z.fromJSONSchema(JSON.parse(this.read("values.schema.json")))
      : z.record(z.string(), z.unknown());
    return this.schemaOfValues;
  }

  /** Its defaults. */
  get values(): Values {
    this.ownValues ??= (this.has("values.yaml") ? this.parse("values.yaml") : {}) as Values;
    return this.ownValues;
  }

  /** Paths of the values that `none` takes away, where the chart knows that word. */
  get removable(): readonly string[] {
    const file = "files/removable-values.json";
    this.removableValues ??= this.has(file) ? (this.parse(file) as string[]) : [];
    return this.removableValues;
  }

  private has(file: string): boolean {
    return fs.existsSync(path.join(this.folder, file));
  }

  private parse(file: string): unknown {
    const { parse } = require("yaml") as typeof yamlModule;
    return parse(this.read(file)) ?? {};
  }

  private read(file: string): string {
    return fs.readFileSync(path.join(this.folder, file), "utf8");
  }
}
