/** Moves the models of a stack's file into files of their own, comments included. */
import * as fs from "node:fs";
import * as path from "node:path";
import { Document, isMap, isScalar, parseDocument } from "yaml";
import { Refusal } from "./refusal";

export interface Split {
  /** The stack's file without the models. */
  text: string;
  /** Content of each new file, by path. */
  files: Record<string, string>;
}

/**
 * @param folder where the stack's models shall be; the one it names already wins
 * @param text of the stack's file
 */
export function split(text: string, project: string, folder: string): Split {
  const document = parseDocument(text);
  const at = (key: string) => ["config", `${project}:${key}`];
  const models = document.getIn(at("models"));
  if (!isMap(models) || models.items.length === 0) {
    throw new Refusal("no model is moved", ["the stack's file has none"]);
  }
  const named = document.getIn(at("modelsFrom"));
  const place = typeof named === "string" ? named : folder;
  const files: Record<string, string> = {};
  const secret: string[] = [];
  for (const { key, value } of models.items) {
    const name = String(isScalar(key) ? key.value : key);
    const model = new Document(value);
    const schema = path.posix.relative(place, "docs/model.schema.json");
    const content = model.toString({ lineWidth: 0 });
    if (/\bsecure:/.test(content)) {
      secret.push(name);
    }
    files[path.join(place, `${name}.yaml`)] =
      `# yaml-language-server: $schema=${schema}\n${content}`;
  }
  if (secret.length > 0) {
    throw new Refusal(
      "no model is moved",
      secret.map(
        (name) =>
          `models.${name} holds something encrypted, which only the stack's own file can: set it for all models, or name a Secret of the cluster instead`,
      ),
    );
  }
  const existing = Object.keys(files).filter((file) => fs.existsSync(file));
  if (existing.length > 0) {
    throw new Refusal(
      "no model is moved",
      existing.map((file) => `${file} exists already; remove it or the model in the stack's file`),
    );
  }
  document.deleteIn(at("models"));
  document.setIn(at("modelsFrom"), place);
  return { text: document.toString({ lineWidth: 0 }), files };
}
