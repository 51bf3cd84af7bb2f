/** The types of operators and controllers, from their CustomResourceDefinitions. */
import type { Schema } from "../jsonSchema";
import { strict } from "./strict";

export interface Apis {
  /** By kind. */
  apiVersions: Record<string, string>;
  definitions: Record<string, Schema>;
}

export interface CustomResourceDefinition {
  spec: {
    group: string;
    names: { kind: string };
    versions: {
      name: string;
      storage: boolean;
      schema: { openAPIV3Schema: { properties: Record<string, Schema> } };
    }[];
  };
}

export function customResourceTypes(published: CustomResourceDefinition[]): Apis {
  const apis: Apis = { apiVersions: {}, definitions: {} };
  for (const { spec } of published) {
    const version = spec.versions.find(({ storage }) => storage);
    if (version === undefined) {
      throw new Error(`${spec.names.kind} has no version that is stored`);
    }
    const { status: _, ...properties } = version.schema.openAPIV3Schema.properties;
    const schema = { ...version.schema.openAPIV3Schema, properties };
    apis.apiVersions[spec.names.kind] = `${spec.group}/${version.name}`;
    apis.definitions[spec.names.kind] = strict(schema) as Schema;
  }
  return apis;
}
