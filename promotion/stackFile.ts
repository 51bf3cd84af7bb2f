/** A stack's configuration file: read, changed where it says which model runs, checked, written. */
import * as fs from "node:fs";
import { parse } from "yaml";
import { checkConfig } from "../components/config/check";
import { keyOf, type Problem } from "../components/config/problems";
import { typedValue } from "../components/config/read";
import type { ConfiguredModel } from "../components/config/resolve";
import { isMapping, type Values } from "../components/merge";
import { Refusal } from "./refusal";
import { type Edit, editYaml, type Value } from "./yamlEdit";

/** A setting of a model and what it is to be; undefined: not set. */
export interface Change {
  setting: readonly string[];
  value: Value | undefined;
}

export class StackFile {
  private constructor(
    public readonly path: string,
    public readonly project: string,
    public readonly text: string,
  ) {}

  /** @param stack its name, perhaps with organisation and project before it */
  static read(stack: string): StackFile {
    const path = `Pulumi.${stack.split("/").at(-1)}.yaml`;
    for (const file of ["Pulumi.yaml", path]) {
      if (!fs.existsSync(file)) {
        throw new Refusal(`${stack} cannot be read`, [
          `there is no ${file} in this folder. Run this where Pulumi.yaml and the stacks' files are`,
        ]);
      }
    }
    const { name } = parse(fs.readFileSync("Pulumi.yaml", "utf8")) as { name: string };
    return new StackFile(path, name, fs.readFileSync(path, "utf8"));
  }

  /** The project's settings, without its name before each. */
  settings(): Values {
    const { config = {} } = (parse(this.text) ?? {}) as { config?: Values };
    const prefix = `${this.project}:`;
    const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
    return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
  }

  /** What the file says of a model, without what it says for all. */
  model(name: string): Values | undefined {
    const { models } = this.settings();
    const model = isMapping(models) ? models[name] : undefined;
    return isMapping(model) ? model : undefined;
  }

  /** The file with a model changed; other lines are as they were. */
  withModel(name: string, changes: readonly Change[]): StackFile {
    const edits = changes.map(
      ({ setting, value }): Edit => ({
        path: ["config", `${this.project}:models`, name, ...setting],
        value,
      }),
    );
    const text = editYaml(this.text, edits);
    if (text === undefined) {
      const lines = changes.map(
        ({ setting, value }) =>
          `models.${name}.${setting.join(".")}: ${value === undefined ? "remove it" : JSON.stringify(value)}`,
      );
      throw new Refusal(`${this.path} is written in a way that cannot be edited line by line`, [
        "it has anchors or collections in braces at this place. Edit it by hand:",
        ...lines,
      ]);
    }
    return new StackFile(this.path, this.project, text);
  }

  /** The program's own judgement of the configuration, and how it understands the model. */
  check(name: string): { model?: ConfiguredModel; problems: Problem[] } {
    const settings = Object.entries(withoutCiphertext(this.settings()) as Values).map(
      ([key, value]) => [key, typeof value === "string" ? typedValue(key, value) : value],
    );
    const { config, problems } = checkConfig(Object.fromEntries(settings));
    return { model: config?.models.find((model) => model.name === name), problems };
  }

  /** In one piece: a file half written would be a stack half configured. */
  write(): void {
    const temporary = `${this.path}.${process.pid}.tmp`;
    fs.writeFileSync(temporary, this.text, { mode: fs.statSync(this.path).mode });
    fs.renameSync(temporary, this.path);
  }
}

/** Refuses a change that the program would refuse: what is wrong with the model, or was not before. */
export function refuseProblems(name: string, before: StackFile, after: StackFile): void {
  const known = new Set(before.check(name).problems.map(lineOf));
  const problems = after
    .check(name)
    .problems.filter((problem) => isOf(name, problem) || !known.has(lineOf(problem)))
    .map(lineOf);
  if (problems.length > 0) {
    throw new Refusal(`the configuration in ${after.path} would be refused`, problems);
  }
}

function isOf(name: string, { path }: Problem): boolean {
  return path[0] === "models" && path[1] === name;
}

export function lineOf({ path, message }: Problem): string {
  return `${keyOf(path)}: ${message}`;
}

/** Encrypted values stay so: any text does for a check of their form. */
function withoutCiphertext(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCiphertext);
  if (!isMapping(value)) return value;
  if (typeof value.secure === "string" && Object.keys(value).length === 1) return "encrypted";
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutCiphertext(item)]),
  );
}
