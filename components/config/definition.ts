import { z } from "zod";
import { defaults } from "../arguments/defaults";
import { MODEL_VERSION } from "../arguments/version";
import { ownedValues } from "../release/ownedValues";
import * as chart from "./chartSettings";
import {
  explained,
  flag,
  group,
  names,
  nonEmpty,
  oneOf,
  otherwise,
  PLACEHOLDERS,
  required,
  secret,
  setting,
  text,
  wholeNumber,
} from "./setting";
import { source } from "./sourceDefinition";

// It names the release and all objects: a Service's name starts with a letter, and the chart adds to
// the name up to what Kubernetes allows.
const modelName = /^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$/;
const modelNames = "lower-case letters, digits and -, at most 52, the first a letter";
const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const registry = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const repository = /^[a-z0-9{]([a-z0-9{}._/-]*[a-z0-9}])?$/;

const image = group("The serving image", {
  registry: setting(
    z.string().regex(registry),
    "Registry, with a folder in it if need be",
    "a registry such as ghcr.io/acme or localhost:5001",
  ),
  repository: setting(
    z.string().regex(repository),
    `Repository in the registry; ${PLACEHOLDERS}`,
    "lower-case letters, digits and . _ - /",
    otherwise("{name}; for models that are not baked into the image model-server"),
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
    "Base image: Debian 13 with Python 3.13",
    "an image reference",
    otherwise("the public Python slim image"),
  ),
  context: text(
    `Folder with a Dockerfile of your own, relative to Pulumi.yaml, whose image is built instead of this package's; \`values.server\` says how it is run, see docs/own-server.md; ${PLACEHOLDERS}`,
    "the path of a folder",
  ),
  dockerfile: text(
    `The Dockerfile, relative to Pulumi.yaml, in that folder; ${PLACEHOLDERS}`,
    "the path of a file",
    otherwise("Dockerfile in context"),
  ),
  target: text("Stage of that Dockerfile", "the name of a stage", otherwise("the last")),
  buildArgs: setting(
    z.record(
      names(
        /^(?!BASE_IMAGE$|MODEL_SHA256$|MISSING_MARKER$|SERVER$)[A-Z][A-Z0-9_]*$/,
        "an argument of serving/Dockerfile other than BASE_IMAGE (use baseImage), MODEL_SHA256 (use sha256), MISSING_MARKER (use values.server.missingMarker) and SERVER (use requirements)",
      ),
      required(text("Value of a build argument")),
    ),
    "Further build arguments, such as `REQUIREMENTS`: see `serving/Dockerfile`",
    "a mapping of names to texts",
  ),
  requirements: text(
    `Packages that the model needs beside the server's own: a file with hashes, or one with a lock beside it, see docs/packages.md; ${PLACEHOLDERS}`,
    "the path of a file of requirements, or none",
    otherwise("requirements.txt beside the model, if there"),
  ),
  digest: explained(nonEmpty(chart.image.digest), {
    description: "Deploy the image with this digest and build nothing (promotion, rollback)",
  }),
  tag: explained(nonEmpty(chart.image.tag), {
    description:
      "Tag that goes with digest, for people to read; of an image that is built it is the model's with a digest of what it is built from",
    byDefault: otherwise("the model's tag"),
  }),
  buildOnPreview: flag("Build during `pulumi preview` too", false),
  timeout: wholeNumber(
    "Seconds that build and push may take; the `docker` provider sets no limit",
    1,
    86_400,
    defaults.image.timeout,
  ),
  pullPolicy: chart.image.pullPolicy,
  pullSecrets: setting(
    z.array(required(text("Name of a Secret", "the name of a Secret"))),
    "Names of the Secrets with which nodes pull",
    "a list of names of Secrets",
  ),
  credentials: group("Account that may push; default: what `docker login` left on the machine", {
    username: required(text("Name of the account")),
    password: secret(text("Password or token; set it with --secret")),
  }),
});

const { hosts, ...ingressSettings } = chart.ingress;
const { host, paths } = hosts.unwrap().element.shape;
const { path, pathType } = paths.unwrap().element.shape;

const ingress = group("How clients outside the cluster reach a model", {
  ...ingressSettings,
  enabled: explained(chart.ingress.enabled, { byDefault: otherwise("true if there are hosts") }),
  hosts: setting(
    z.array(
      z.strictObject({
        host: required(
          explained(host.optional(), { accepts: "a host name such as {name}.example.com" }),
        ),
        paths: setting(
          z.array(
            z.strictObject({
              path: explained(path.optional(), { byDefault: defaults.ingress.path }),
              pathType: explained(pathType, { byDefault: defaults.ingress.pathType }),
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
  port: wholeNumber(
    "Port on which clients reach the controller, for the URLs in the outputs only",
    1,
    65535,
    otherwise("443 with TLS, else 80"),
  ),
});

const release = group("How Helm installs and upgrades", {
  atomic: flag("Roll a failed update back", defaults.release.atomic),
  timeout: wholeNumber("Seconds until the pods must be ready", 1, 86_400, defaults.release.timeout),
  maxHistory: wholeNumber("Revisions kept for a rollback", 1, 100, defaults.release.maxHistory),
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
  allowPickle: chart.model.allowPickle,
  replicas: wholeNumber("Number of pods", 0, 1000, defaults.replicas),
  resources: chart.resources,
  ingress,
  release,
  chart: text(
    "Chart: its folder, relative to Pulumi.yaml, or one in a registry by digest",
    "a folder, or oci://registry/repository:version@sha256:…",
    otherwise("the chart of this package"),
  ),
  values,
};

const model = setting(
  z.strictObject({
    tag: required(
      setting(
        z.string().regex(MODEL_VERSION),
        "Version of the model, with which the tag of its image begins; the one line to edit for a new model",
        "a tag such as 1.0.0 (not latest), in quotes if it looks like a number",
      ),
    ),
    sha256: explained(nonEmpty(chart.model.sha256), {
      description: "sha256 the model file must have",
      byDefault: otherwise("computed from the file"),
    }),
    golden: text(
      `Golden requests that travel with the model; ${PLACEHOLDERS}`,
      "the path of a JSON file",
      otherwise("golden.json beside the model, if there"),
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
  modelsFrom: text(
    "Folder with a file NAME.yaml for each further model, which holds what would stand under models.NAME; for hundreds of models",
    "a folder such as Pulumi.prod.models",
    otherwise("all are in models"),
  ),
  preflight: flag(
    "Check cluster, rights, registry and releases before an update changes anything",
    true,
  ),
  ...settings,
});

export type StackDefinition = z.infer<typeof stackDefinition>;
export type ModelDefinition = StackDefinition["models"][string];
