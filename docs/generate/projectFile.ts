/** Writes the `config` section of Pulumi.yaml, by which Pulumi itself knows the settings. */
import * as fs from "node:fs";
import { isMap, parseDocument } from "yaml";
import { z } from "zod";
import { type Setting, topSettings } from "./settings";

export function projectFile(path: string): string {
  const document = parseDocument(fs.readFileSync(path, "utf8"));
  const config = document.createNode(
    Object.fromEntries(
      topSettings
        // What has no default Pulumi itself would ask for.
        .filter(({ node, ...setting }) => isObject(node) || setting.default !== undefined)
        .map((setting) => [setting.key, declaration(setting)]),
    ),
  );
  config.items.forEach((item) => {
    if (isMap(item.value)) {
      item.value.flow = false;
    }
  });
  document.set("config", config);
  return document.toString({ lineWidth: 0 });
}

function declaration({ node, description, ...setting }: Setting) {
  // A mapping's defaults are those of its entries.
  const byDefault = isObject(node) ? {} : setting.default;
  return { type: pulumiType(node), description, default: byDefault };
}

function isObject(node: z.ZodType): boolean {
  return pulumiType(node) === "object";
}

function pulumiType(node: z.ZodType): string {
  if (node instanceof z.ZodString || node instanceof z.ZodEnum) {
    return "string";
  }
  if (node instanceof z.ZodBoolean) {
    return "boolean";
  }
  return node instanceof z.ZodNumber ? "integer" : "object";
}
