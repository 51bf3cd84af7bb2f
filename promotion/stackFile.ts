/** A stack's configuration file: read, changed where it says which model runs, checked, written. */
import * as fs from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checkWritten } from "../components/config/check";
import { lineOf as problemLine } from "../components/config/configError";
import { typedValue } from "../components/config/read";
import type { ConfiguredModel } from "../components/config/resolve";
import { withModelFiles } from "../components/config/written";
import type { Problem } from "../components/problems/problem";
import { isMapping, type Values } from "../shared/mappings";
import { Refusal } from "./refusal";
import { type Edit, editYaml, type Value } from "./yamlEdit";

/** A setting of a model and what it is to be; undefined: not set. */
export interface Change {
  setting: readonly string[];
  value: Value | undefined;
}

/** A file of one model, beside the stack's. */
interface ModelFile {
  path: string;
  text: string;
}

export class StackFile {
  /** @param edited the model's own file, if it has one and that was changed */
  private constructor(
    private readonly ownPath: string,
    public readonly project: string,
    public readonly text: string,
    private readonly edited?: ModelFile,
  ) {}

  /** The file that is edited. */
  get path(): string {
    return this.edited?.path ?? this.ownPath;
  }

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

  /** What the file says of a model, or the model's own file, without what is said for all. */
  model(name: string): Values | undefined {
    const { models } = this.settings();
    const model = isMapping(models) ? models[name] : undefined;
    const own = model === undefined ? this.modelFile(name) : undefined;
    const written: unknown = own === undefined ? model : parse(own.text);
    return isMapping(written) ? written : undefined;
  }

  /** The model's own file, as it is or as it was edited; undefined if it has none. */
  modelFile(name: string): ModelFile | undefined {
    const { modelsFrom } = this.settings();
    if (typeof modelsFrom !== "string") {
      return undefined;
    }
    const path = join(modelsFrom, `${name}.yaml`);
    if (this.edited?.path === path) {
      return this.edited;
    }
    return fs.existsSync(path) ? { path, text: fs.readFileSync(path, "utf8") } : undefined;
  }

  /** The file with a model changed; other lines are as they were. */
  withModel(name: string, changes: readonly Change[]): StackFile {
    const { models } = this.settings();
    const own = isMapping(models) && name in models ? undefined : this.modelFile(name);
    const above = own === undefined ? ["config", `${this.project}:models`, name] : [];
    const edits = changes.map(
      ({ setting, value }): Edit => ({ path: [...above, ...setting], value }),
    );
    const text = editYaml(own?.text ?? this.text, edits);
    if (text === undefined) {
      const lines = changes.map(
        ({ setting, value }) =>
          `models.${name}.${setting.join(".")}: ${value === undefined ? "remove it" : JSON.stringify(value)}`,
      );
      throw new Refusal(
        `${own?.path ?? this.path} is written in a way that cannot be edited line by line`,
        ["it has anchors or collections in braces at this place. Edit it by hand:", ...lines],
      );
    }
    return own === undefined
      ? new StackFile(this.ownPath, this.project, text)
      : new StackFile(this.ownPath, this.project, this.text, { path: own.path, text });
  }

  /** The program's own judgement of the configuration, and how it understands the model. */
  check(name: string): { model?: ConfiguredModel; problems: Problem[] } {
    const settings = Object.entries(withoutCiphertext(this.settings()) as Values).map(
      ([key, value]) => [key, typeof value === "string" ? typedValue(key, value) : value],
    );
    const written = withModelFiles(Object.fromEntries(settings), {
      text: this.text,
      name: this.ownPath,
      prefix: `${this.project}:`,
    });
    const { models } = written.input;
    if (this.edited !== undefined && isMapping(models)) {
      // What was edited is not written yet.
      models[name] = this.model(name);
    }
    const { config, problems } = checkWritten(written);
    return { model: config?.models.find((model) => model.name === name), problems };
  }

  /** In one piece: a file half written would be a stack half configured. */
  write(): void {
    const temporary = `${this.path}.${process.pid}.tmp`;
    const text = this.edited?.text ?? this.text;
    fs.writeFileSync(temporary, text, { mode: fs.statSync(this.path).mode });
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

export function lineOf(problem: Problem): string {
  return problemLine(problem);
}

/** Encrypted values stay so: any text does for a check of their form. */
function withoutCiphertext(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutCiphertext);
  }
  if (!isMapping(value)) {
    return value;
  }
  if (typeof value.secure === "string" && Object.keys(value).length === 1) {
    return "encrypted";
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutCiphertext(item)]),
  );
}
