import { z } from "zod";
import { defaults } from "../defaults";
import { ownedValues } from "../releaseValues";

/** What the reader of an error message, the reference or an editor is told about a setting. */
export interface Explanation {
  /** What is accepted, to follow the word "accepted:". */
  accepts: string;
  /** What holds if the setting is missing. */
  default?: unknown;
}

/** Explanations by schema node; the single source of messages, reference and JSON Schema. */
export const explanations = z.registry<Explanation>();

function setting<T extends z.ZodType>(
  schema: T,
  description: string,
  accepts: string,
  byDefault?: unknown,
): z.ZodOptional<T> {
  const described = schema.describe(description);
  explanations.add(described, { accepts, default: byDefault });
  return described.optional();
}

function group<S extends z.ZodRawShape>(description: string, shape: S) {
  return setting(
    z.strictObject(shape),
    description,
    `a mapping with any of ${Object.keys(shape).join(", ")}`,
  );
}

/** `a, b or c` */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function oneOf<const T extends readonly [string, ...string[]]>(
  values: T,
  description: string,
  byDefault?: T[number],
) {
  return setting(z.enum(values), description, listOf(values), byDefault);
}

function text(description: string, accepts = "text", byDefault?: string) {
  return setting(z.string().min(1), description, accepts, byDefault);
}

function wholeNumber(description: string, min: number, max: number, byDefault?: number) {
  const schema = z.int().min(min).max(max);
  return setting(schema, description, `a whole number from ${min} to ${max}`, byDefault);
}

function flag(description: string, byDefault?: boolean | string) {
  return setting(z.boolean(), description, "true or false", byDefault);
}

/** The names of a mapping's entries. */
function names(pattern: RegExp, accepts: string): z.ZodString {
  const schema = z.string().regex(pattern);
  explanations.add(schema, { accepts });
  return schema;
}

function required<T extends z.ZodType>(schema: z.ZodOptional<T>): T {
  return schema.unwrap() as T;
}

// A Service needs a name that starts with a letter; Helm allows a release 53 characters.
const modelName = /^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$/;
const modelNames = "lower-case letters, digits and -, at most 53, the first a letter";
const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const hostName = /^(\*\.)?[a-z0-9{]([-a-z0-9{}]*[a-z0-9}])?(\.[a-z0-9{]([-a-z0-9{}]*[a-z0-9}])?)*$/;
// Also a label value, hence the 63 characters and the ends.
const tag = /^(?!latest$)[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const registry = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const repository = /^[a-z0-9{]+([._/-]+[a-z0-9{}]+|[a-z0-9{}]+)*$/;
const quantity = /^\d+(\.\d+)?(m|k|Ki|Mi?|Gi?|Ti?|Pi?|Ei?)?$/;
const resourceName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9._]*[a-z0-9])?$/;

const placeholders = "{name} and {tag} are replaced";

function quantities(description: string) {
  const value = required(
    setting(
      z.union([z.string().regex(quantity), z.number().nonnegative()]),
      description,
      "a quantity such as 500m, 2 or 512Mi",
    ),
  );
  return setting(
    z.record(
      names(resourceName, "the name of a resource such as cpu, memory or nvidia.com/gpu"),
      value,
    ),
    description,
    "a mapping of resource names (cpu, memory, …) to quantities",
  );
}

const image = group("The serving image", {
  registry: setting(
    z.string().regex(registry),
    "Registry, with a folder in it if need be",
    "a registry such as ghcr.io/acme or localhost:5001",
  ),
  repository: setting(
    z.string().regex(repository),
    `Repository in the registry; ${placeholders}`,
    "lower-case letters, digits and . _ - /",
    "{name}",
  ),
  builder: oneOf(
    ["docker", "docker-build"],
    "Provider that builds and pushes: `docker` needs a Docker daemon, `docker-build` BuildKit",
    defaults.image.builder,
  ),
  platform: setting(
    z.string().regex(/^[a-z0-9]+\/[a-z0-9]+(\/v\d)?$/),
    "Platform to build for",
    "a platform such as linux/amd64 or linux/arm64",
    defaults.image.platform,
  ),
  baseImage: text(
    "Base image: Debian 12 with Python 3.11",
    "an image reference",
    "the public Python slim image",
  ),
  digest: setting(
    z.string().regex(/^sha256:[0-9a-f]{64}$/),
    "Deploy the image with this digest and build nothing (promotion, rollback)",
    "sha256: and 64 hex digits",
  ),
  buildOnPreview: flag("Build during `pulumi preview` too", false),
  pullPolicy: oneOf(
    ["Always", "IfNotPresent", "Never"],
    "When nodes ask the registry",
    "IfNotPresent",
  ),
  pullSecrets: setting(
    z.array(required(text("Name of a Secret", "the name of a Secret"))),
    "Names of the Secrets with which nodes pull",
    "a list of names of Secrets",
  ),
  credentials: group("Account that may push; default: what `docker login` left on the machine", {
    username: required(text("Name of the account")),
    password: required(text("Password or token; set it with --secret")),
  }),
});

const resources = group("Resources of the server; default: the chart's", {
  requests: quantities("What the scheduler reserves"),
  limits: quantities("What the server may use at most"),
});

const ingress = group("How clients outside the cluster reach a model", {
  enabled: flag("Whether there is an ingress", "true if there are hosts"),
  className: setting(
    z.string(),
    "Ingress class; empty: the cluster's default",
    "the name of an ingress class",
    defaults.ingress.className,
  ),
  annotations: setting(
    z.record(z.string(), required(text("Value of an annotation"))),
    "Annotations for the ingress controller",
    "a mapping of names to texts",
  ),
  hosts: setting(
    z.array(
      z.strictObject({
        host: required(
          setting(
            z.string().regex(hostName),
            `Host name; ${placeholders}`,
            "a host name such as {name}.example.com",
          ),
        ),
        paths: setting(
          z.array(
            z.strictObject({
              path: setting(
                z.string().regex(/^\//),
                `Path; ${placeholders}`,
                "a path that starts with /",
                defaults.ingress.path,
              ),
              pathType: oneOf(
                ["Exact", "Prefix", "ImplementationSpecific"],
                "How the path is matched",
                defaults.ingress.pathType,
              ),
            }),
          ),
          "Paths that lead to the model; default: everything",
          "a list of mappings with path or pathType",
        ),
      }),
    ),
    "Host names and their paths",
    "a list of mappings with host and paths",
  ),
  tls: setting(
    z.array(
      z.strictObject({
        secretName: text(`Name of the TLS Secret; ${placeholders}`, "the name of a Secret"),
        hosts: setting(
          z.array(required(text("Host name", "a host name"))),
          `Hosts the certificate is for; ${placeholders}`,
          "a list of host names",
        ),
      }),
    ),
    "Certificates",
    "a list of mappings with secretName and hosts",
  ),
  port: wholeNumber(
    "Port on which clients reach the controller, for the URLs in the outputs only",
    1,
    65535,
  ),
});

const release = group("How Helm installs and upgrades", {
  atomic: flag("Roll a failed update back", defaults.release.atomic),
  timeout: wholeNumber("Seconds until the pods must be ready", 1, 86_400, defaults.release.timeout),
  maxHistory: wholeNumber("Revisions kept for a rollback", 1, 100, defaults.release.maxHistory),
});

const source = group("Where a model comes from: exactly one of these", {
  image: group("Baked into the image", {
    path: required(
      text(
        `Path of the model file, relative to Pulumi.yaml; ${placeholders}`,
        "the path of a file (.pkl, .json, .ubj)",
      ),
    ),
  }),
});

const values = setting(
  z.record(z.string(), z.unknown()),
  "Further values of the chart, see chart/README.md",
  `a mapping of chart values other than ${Object.keys(ownedValues).join(", ")}`,
);

/** What can be said for all models and for each. */
const settings = {
  namespace: setting(
    z.string().regex(namespaceName),
    "Namespace of the release",
    "lower-case letters, digits and -, at most 63",
    defaults.namespace,
  ),
  createNamespace: flag("Create the namespace, and remove it with the stack", false),
  image,
  source,
  replicas: wholeNumber("Number of pods", 0, 1000, defaults.replicas),
  resources,
  ingress,
  release,
  values,
};

const model = setting(
  z.strictObject({
    tag: required(
      setting(
        z.string().regex(tag),
        "Version of the model and tag of its image; the one line to edit for a new model",
        "a tag such as 1.0.0 (not latest), in quotes if it looks like a number",
      ),
    ),
    sha256: setting(
      z.string().regex(/^[0-9a-f]{64}$/),
      "sha256 the model file must have",
      "64 hex digits",
      "computed from the file",
    ),
    golden: text(
      `Golden requests that travel with the model; ${placeholders}`,
      "the path of a JSON file",
      "golden.json beside the model, if there",
    ),
    ...settings,
  }),
  "A model: its tag, and what differs from the settings for all",
  `a mapping with tag and any of ${Object.keys(settings).join(", ")}`,
);

/** The configuration of a stack. Settings at the top hold for all models, those of a model win. */
export const stackDefinition = z.strictObject({
  models: required(
    setting(
      z
        .record(names(modelName, modelNames), required(model))
        .refine((models) => Object.keys(models).length > 0),
      "The models of this stack by name",
      "a mapping of at least one model's name to its settings",
    ),
  ),
  ...settings,
});

export type StackDefinition = z.infer<typeof stackDefinition>;
export type ModelDefinition = StackDefinition["models"][string];
