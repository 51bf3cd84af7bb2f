/** Models of a stack in files of their own, one for each: `Pulumi.prod.models/wine.yaml`. */
import * as fs from "node:fs";
import * as path from "node:path";
import type * as yamlModule from "yaml";
import { isMapping, type Values } from "../../shared/mappings";
import type { KeyPath, Problem } from "../problems/problem";
import { isInSecret, nodeAt } from "./problems";
import { explanations } from "./setting";
import { inProject } from "./stackFile";

export interface ModelFiles {
  models: Values;
  /** Path of the file by name of the model. */
  files: Record<string, string>;
  problems: Problem[];
}

const EXTENSION = ".yaml";

/** @param folder as the setting `modelsFrom` names it */
export function readModelFiles(folder: string): ModelFiles {
  const read: ModelFiles = { models: {}, files: {}, problems: [] };
  const place = inProject(folder);
  const refuse = (message: string) => read.problems.push({ path: ["modelsFrom"], message });
  if (!fs.statSync(place, { throwIfNoEntry: false })?.isDirectory()) {
    refuse(
      `found ${JSON.stringify(folder)}, which is no folder; accepted: a folder, relative to Pulumi.yaml, that holds a file NAME${EXTENSION} for each model`,
    );
    return read;
  }
  const names = fs.readdirSync(place).filter((name) => !name.startsWith("."));
  for (const name of names.sort()) {
    const file = path.join(place, name);
    if (name.endsWith(EXTENSION)) {
      readModel(name.slice(0, -EXTENSION.length), file, read);
    } else if (/\.(ya?ml|json)$/i.test(name)) {
      refuse(`found the file ${file}; accepted: names that end in ${EXTENSION}: rename it`);
    }
  }
  if (Object.keys(read.files).length === 0 && read.problems.length === 0) {
    refuse(`${place} holds no file NAME${EXTENSION}; put one there for each model`);
  }
  return read;
}

function readModel(name: string, file: string, into: ModelFiles): void {
  const { parseDocument } = require("yaml") as typeof yamlModule;
  into.files[name] = file;
  // As Pulumi reads the stack's own file.
  const document = parseDocument(fs.readFileSync(file, "utf8"), { merge: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const message = `is no YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}; correct it`;
    into.problems.push({ path: ["models", name], message });
    return;
  }
  const path = ["models", name];
  into.models[name] = refuseSecrets(document.toJS() ?? {}, path, into.problems);
}

/** Nobody decrypts what stands in these files, nor keeps it out of a diff. */
function refuseSecrets(value: unknown, at: KeyPath, problems: Problem[]): unknown {
  const node = nodeAt(at);
  const isSecret = node !== undefined && explanations.get(node)?.secret === true;
  if (isSecret || (isMapping(value) && typeof value.secure === "string")) {
    problems.push({ path: at, message: secretMessage(at) });
    return "";
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => refuseSecrets(item, [...at, index], problems));
  }
  return isMapping(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          refuseSecrets(item, [...at, key], problems),
        ]),
      )
    : value;
}

function secretMessage([, name, ...setting]: KeyPath): string {
  // What only a chart value can hold may stand in a list, and a list is one model's or all models'.
  const isForAll = isInSecret(setting);
  const place = isForAll
    ? `remove it and set it for all models: pulumi config set --secret --path ${setting.join(".")}`
    : `name a Secret of the cluster instead, or move the model to models.${String(name)} of the stack's own file`;
  return `what is secret does not belong into this file, which is not encrypted; ${place}`;
}
