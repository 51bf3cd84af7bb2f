/** What is used of the form of Pulumi's package schemas. */

export interface PropertySpec {
  type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  $ref?: string;
  oneOf?: PropertySpec[];
  items?: PropertySpec;
  additionalProperties?: PropertySpec;
  description?: string;
  /** Must be known when the program runs: no output. */
  plain?: true;
}

export interface ObjectSpec {
  properties: Record<string, PropertySpec>;
  required?: string[];
}

export interface TypeSpec extends ObjectSpec {
  type: "object";
  description?: string;
}

export interface ComponentSpec extends ObjectSpec {
  description: string;
  isComponent: true;
  inputProperties: Record<string, PropertySpec>;
  requiredInputs?: string[];
}

export interface PackageSpec {
  name: string;
  namespace: string;
  displayName: string;
  description: string;
  license: string;
  language: Record<string, object>;
  types: Record<string, TypeSpec>;
  resources: Record<string, ComponentSpec>;
}
