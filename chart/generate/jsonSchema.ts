/** JSON Schema, as far as the generator looks into it. */
export interface Schema {
  [keyword: string]: unknown;
}

export const mapValues = (schemas: Schema, change: (schema: unknown) => unknown): Schema =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, change(schema)]));

/** A default is what the chart does, not what a value must be. */
export function withoutDefaults(node: unknown): Schema {
  const { default: _, properties, ...schema } = node as Schema;
  return properties === undefined
    ? schema
    : { ...schema, properties: mapValues(properties as Schema, withoutDefaults) };
}
