import * as fs from "node:fs";
import * as path from "node:path";
import type { KeyPath } from "../components/problems/problem";
import { packageFolder } from "../shared/packageFolder";
import type { PackageSpec, PropertySpec } from "./schemaTypes";
import { token } from "./tokens";

/** The schema of this package, as SDKs are made by it. */
export class PackageSchema {
  private constructor(private readonly spec: PackageSpec) {}

  static read(): PackageSchema {
    const file = path.join(packageFolder("provider"), "schema.json");
    return new PackageSchema(JSON.parse(fs.readFileSync(file, "utf8")) as PackageSpec);
  }

  /** As Pulumi asks for it. */
  text(version: string): string {
    return JSON.stringify({ ...this.spec, version });
  }

  inputsOf(component: string): Record<string, PropertySpec> {
    return this.spec.resources[token(component)]?.inputProperties ?? {};
  }

  outputsOf(component: string): string[] {
    return Object.keys(this.spec.resources[token(component)]?.properties ?? {});
  }

  /** Whether the keys of a mapping are the user's: no language writes those in a way of its own. */
  isFreeForm(spec: PropertySpec): boolean {
    return spec.additionalProperties?.$ref === "pulumi.json#/Any";
  }

  /** What stands at a key of a mapping, or in a list. */
  child(spec: PropertySpec, key: PropertyKey): PropertySpec | undefined {
    return this.propertiesOf(spec)?.[String(key)] ?? spec.additionalProperties ?? spec.items;
  }

  /** The properties of a type with a name; undefined if it has none. */
  propertiesOf(spec: PropertySpec): Record<string, PropertySpec> | undefined {
    const name = spec.$ref?.replace("#/types/", "");
    return name === undefined ? undefined : this.spec.types[name]?.properties;
  }

  /** How long a path keeps to names that the package gives. */
  namedLength(component: string, keys: KeyPath): number {
    let properties: Record<string, PropertySpec> | undefined = this.inputsOf(component);
    let spec: PropertySpec | undefined;
    for (const [index, key] of keys.entries()) {
      if (typeof key === "number") {
        spec = spec?.items;
      } else {
        spec = properties?.[String(key)];
      }
      if (spec === undefined) {
        return index;
      }
      properties = this.propertiesOf(spec);
    }
    return keys.length;
  }

  /** Every name of an argument, wherever it stands. */
  get names(): Set<string> {
    const { resources, types } = this.spec;
    return new Set([
      ...Object.values(resources).flatMap(({ inputProperties }) => Object.keys(inputProperties)),
      ...Object.values(types).flatMap(({ properties }) => Object.keys(properties)),
    ]);
  }
}
