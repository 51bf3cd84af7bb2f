import * as fs from "node:fs";
import * as path from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { isMapping, type Values } from "../shared/mappings";
import { packageFolder } from "../shared/packageFolder";
import { UserError } from "../shared/userError";
import { argumentProblems } from "./check";
import { components } from "./components";
import { PackageSchema } from "./packageSchema";
import { settle } from "./settle";
import { inLanguage, spellingOfProgram } from "./spelling";
import { token } from "./tokens";

/** The package as a Pulumi plugin: makes its components for programs in any language. */
export class ModelDeploymentProvider implements pulumi.provider.Provider {
  readonly version = readVersion();
  private readonly packageSchema = PackageSchema.read();

  getSchema(): Promise<string> {
    return Promise.resolve(this.packageSchema.text(this.version));
  }

  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    opts: pulumi.ComponentResourceOptions,
  ): Promise<pulumi.provider.ConstructResult> {
    const component = type.split(":").at(-1) ?? "";
    const make = components[component];
    if (make === undefined || type !== token(component)) {
      throw new UserError(`the package has no component ${type}`);
    }
    const args = await this.checkedArgs(component, name, inputs as Values);
    const resource = make(name, args, opts);
    const outputs = this.packageSchema.outputsOf(component);
    return {
      urn: resource.urn,
      state: Object.fromEntries(outputs.map((key) => [key, Reflect.get(resource, key)])),
    };
  }

  private async checkedArgs(component: string, name: string, inputs: Values): Promise<Values> {
    const schema = this.packageSchema;
    const settled = await settle(inputs, schema.inputsOf(component), schema);
    const isUnsettled = (problem: { path: readonly PropertyKey[] }) =>
      settled.problems.some(({ path: at }) =>
        at.every((key, index) => problem.path[index] === key),
      );
    const problems = [
      ...settled.problems,
      ...argumentProblems(component, name, settled.args, schema).filter((one) => !isUnsettled(one)),
    ];
    if (problems.length > 0) {
      const spelling = spellingOfProgram(process.cwd());
      const lines = problems.map((problem) => inLanguage(problem, component, schema, spelling));
      const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
      throw new UserError(
        `the arguments of ${component} ${name} have ${count}:\n  ${lines.join("\n  ")}`,
      );
    }
    return settled.args;
  }
}

function readVersion(): string {
  const file = path.join(packageFolder("chart"), "..", "package.json");
  const manifest: unknown = JSON.parse(fs.readFileSync(file, "utf8"));
  return isMapping(manifest) ? String(manifest.version) : "0.0.0";
}
