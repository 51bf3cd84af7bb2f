/**
 * Makes Pulumi's schema of the components from their TypeScript declarations: the arguments, the outputs and
 * what their comments say. Pulumi's own inference (`componentProviderHost`) knows neither unions nor types
 * without a name nor those that are made of others, of which these arguments are full.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import type { ObjectSpec, PackageSpec, PropertySpec, TypeSpec } from "../schemaTypes";
import { packageName, token } from "../tokens";

/** The components, and which of their arguments only a program in TypeScript can make. */
const components: Record<string, { without: string[] }> = {
  ModelDeployment: { without: [] },
  // What `readModelFile` returns. A model's own image is built by its ModelDeployment.
  ServingImage: { without: ["model"] },
};

export function packageSchema(root: string): PackageSpec {
  const { description, license } = JSON.parse(
    fs.readFileSync(path.join(root, "package.json"), "utf8"),
  ) as { description: string; license: string };
  const reader = new DeclarationReader(root);
  const resources = Object.fromEntries(
    Object.entries(components).map(([name, { without }]) => [
      token(name),
      reader.readComponent(name, without),
    ]),
  );
  return {
    name: packageName,
    // Of a package from a git tag Pulumi would take the repository's owner: SDKs have the same name wherever from.
    namespace: "pulumi",
    displayName: "Model deployment",
    description,
    license,
    language: {
      nodejs: { respectSchemaVersion: true },
      python: { respectSchemaVersion: true, pyproject: { enabled: true } },
      go: {
        respectSchemaVersion: true,
        // Pulumi's own default, but for the hyphen: the folder of the SDK has none.
        importBasePath: "example.com/pulumi-model-deployment/sdk/go/modeldeployment",
      },
    },
    types: reader.types,
    resources,
  };
}

/** Where a declaration stands. */
interface Place {
  /** Name for a type that has none of its own. */
  name: string;
  /** Whether what is there may be an output: it stands within an `Input`. */
  isInput: boolean;
}

class DeclarationReader {
  readonly types: Record<string, TypeSpec> = {};
  private readonly checker: ts.TypeChecker;
  private readonly exports: Map<string, ts.Symbol>;

  constructor(root: string) {
    const entry = path.join(root, "components", "index.ts");
    const config = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
    const program = ts.createProgram([entry], options);
    this.checker = program.getTypeChecker();
    const source = program.getSourceFile(entry);
    const module = source && this.checker.getSymbolAtLocation(source);
    if (module === undefined) {
      throw new Error(`${entry} is no module`);
    }
    this.exports = new Map(
      this.checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]),
    );
  }

  readComponent(name: string, without: readonly string[]) {
    const symbol = this.exported(name);
    const args = this.checker.getDeclaredTypeOfSymbol(this.exported(`${name}Args`));
    const outputs = this.checker
      .getDeclaredTypeOfSymbol(symbol)
      .getProperties()
      .filter((property) => isOutputOf(property, symbol));
    const { properties: inputProperties, required: requiredInputs } = this.readObject(
      args.getProperties().filter((property) => !without.includes(property.name)),
      { name, isInput: false },
    );
    return {
      description: this.descriptionOf(symbol),
      isComponent: true as const,
      inputProperties,
      requiredInputs,
      ...this.readObject(outputs, { name, isInput: true }),
    };
  }

  private exported(name: string): ts.Symbol {
    const symbol = this.exports.get(name);
    if (symbol === undefined) {
      throw new Error(`components/index.ts does not export ${name}`);
    }
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  private readObject(properties: readonly ts.Symbol[], parent: Place): ObjectSpec {
    const entries = properties.map((property): [string, PropertySpec] => {
      const place = { ...parent, name: parent.name + pascalCase(property.name) };
      const description = withAccepted(
        this.descriptionOf(property),
        literalsOf(this.typeOf(property)),
      );
      const spec = this.readNode(declaredType(property), place);
      return [property.name, { ...spec, ...(description && { description }) }];
    });
    const required = properties.filter((property) => !this.isOptional(property));
    return {
      properties: Object.fromEntries(entries),
      ...(required.length > 0 && { required: required.map(({ name }) => name) }),
    };
  }

  private isOptional(property: ts.Symbol): boolean {
    return (
      (property.flags & ts.SymbolFlags.Optional) !== 0 ||
      /\| undefined\b/.test(declaredType(property).getText())
    );
  }

  /** Follows what is written, which still says `Input` where the type it stands for no longer does. */
  private readNode(node: ts.TypeNode, place: Place): PropertySpec {
    if (ts.isTypeReferenceNode(node)) {
      const [argument, second] = node.typeArguments ?? [];
      switch (node.typeName.getText().split(".").at(-1)) {
        case "Input":
        case "Output":
          return this.readNode(argument as ts.TypeNode, { ...place, isInput: true });
        case "Record":
          return mapping(this.readNode(second as ts.TypeNode, place), place);
        case "Values":
          // Outputs may stand anywhere in it.
          return { type: "object", additionalProperties: any };
      }
    }
    if (ts.isUnionTypeNode(node)) {
      const some = node.types.filter((one) => !isNothing(one));
      const [only, ...others] = some;
      if (only !== undefined && others.length === 0) {
        return this.readNode(only, place);
      }
    }
    if (ts.isArrayTypeNode(node)) {
      return {
        type: "array",
        items: this.readNode(unparenthesised(node.elementType), place),
        ...plain(place),
      };
    }
    return this.readType(this.checker.getTypeFromTypeNode(node), place);
  }

  private readType(given: ts.Type, place: Place): PropertySpec {
    const type = this.checker.getNonNullableType(given);
    if (type.flags & ts.TypeFlags.Unknown) {
      return any;
    }
    const scalars = scalarsOf(type);
    if (scalars.length > 0) {
      const [first, ...others] = scalars.map((scalar) => ({ type: scalar, ...plain(place) }));
      return others.length === 0
        ? (first as PropertySpec)
        : { oneOf: [first as PropertySpec, ...others], ...plain(place) };
    }
    const entry = type.getStringIndexType();
    if (entry !== undefined) {
      return mapping(this.readType(entry, place), place);
    }
    if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) {
      return this.readNamedType(type, place);
    }
    throw new Error(`${place.name}: ${this.checker.typeToString(given)} has no form in a schema`);
  }

  private readNamedType(type: ts.Type, place: Place): PropertySpec {
    const symbol: ts.Symbol | undefined = type.symbol;
    const isNamed = symbol !== undefined && symbol.name !== "__type";
    // Pulumi adds "Args" itself.
    const name = isNamed ? symbol.name.replace(/Args$/, "") : place.name;
    const description = isNamed ? this.descriptionOf(symbol) : "";
    const spec: TypeSpec = {
      type: "object",
      ...(description !== "" && { description }),
      ...this.readObject(type.getProperties(), { ...place, name }),
    };
    const known = this.types[token(name)];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(spec)) {
      throw new Error(`${name} is declared twice, not in the same way`);
    }
    this.types[token(name)] = spec;
    return { $ref: `#/types/${token(name)}`, ...plain(place) };
  }

  private typeOf(property: ts.Symbol): ts.Type {
    return this.checker.getTypeFromTypeNode(declaredType(property));
  }

  private descriptionOf(symbol: ts.Symbol): string {
    return ts
      .displayPartsToString(symbol.getDocumentationComment(this.checker))
      .replace(/\{@link (\w+)\}/g, "`$1`")
      .replace(/\s*\n\s*/g, " ")
      .trim();
  }
}

const any: PropertySpec = { $ref: "pulumi.json#/Any" };

const plain = ({ isInput }: Place): { plain?: true } => (isInput ? {} : { plain: true });

function mapping(additionalProperties: PropertySpec, place: Place): PropertySpec {
  return { type: "object", additionalProperties, ...plain(place) };
}

/** The scalar types that a type or a union is made of; none if there is anything else in it. */
function scalarsOf(type: ts.Type): ("string" | "integer" | "number" | "boolean")[] {
  const parts = type.isUnion() ? type.types : [type];
  const scalars = parts.map((part) =>
    part.flags & ts.TypeFlags.StringLike
      ? "string"
      : part.flags & ts.TypeFlags.NumberLike
        ? "number"
        : part.flags & ts.TypeFlags.BooleanLike
          ? "boolean"
          : undefined,
  );
  const distinct = [...new Set(scalars)];
  // Alone a number is a whole one, of seconds, pods or bytes; quantities may also be texts.
  if (distinct.length === 1 && distinct[0] === "number") {
    return ["integer"];
  }
  return distinct.every((scalar) => scalar !== undefined) ? distinct : [];
}

/** The texts that are accepted, where not every text is. */
function literalsOf(type: ts.Type): string[] {
  const parts = type.isUnion() ? type.types : [];
  return parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
}

/** The texts that are accepted, for languages whose types do not say it. */
function withAccepted(description: string, accepted: readonly string[]): string {
  const quoted = accepted.map((one) => `\`${one}\``);
  if (quoted.every((one) => description.includes(one))) {
    return description;
  }
  const sentence =
    description === "" || /[.!?]$/.test(description) ? description : `${description}.`;
  return `${sentence} One of ${quoted.join(", ")}.`.trim();
}

function declaredType(property: ts.Symbol): ts.TypeNode {
  const [declaration] = property.declarations ?? [];
  if (
    declaration === undefined ||
    !(ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration)) ||
    declaration.type === undefined
  ) {
    throw new Error(`${property.name} is declared without a type`);
  }
  return unparenthesised(declaration.type);
}

function unparenthesised(node: ts.TypeNode): ts.TypeNode {
  return ts.isParenthesizedTypeNode(node) ? unparenthesised(node.type) : node;
}

function isNothing(node: ts.TypeNode): boolean {
  return (
    node.kind === ts.SyntaxKind.UndefinedKeyword ||
    (ts.isLiteralTypeNode(node) && node.literal.kind === ts.SyntaxKind.NullKeyword)
  );
}

/** The public fields of the component's own class; those of Pulumi's classes are there anyway. */
function isOutputOf(property: ts.Symbol, component: ts.Symbol): boolean {
  const [declaration] = property.declarations ?? [];
  return (
    declaration !== undefined &&
    ts.isPropertyDeclaration(declaration) &&
    declaration.parent === component.valueDeclaration &&
    (ts.getCombinedModifierFlags(declaration) &
      (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) ===
      0
  );
}

function pascalCase(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
