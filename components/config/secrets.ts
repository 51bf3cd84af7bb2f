import * as pulumi from "@pulumi/pulumi";
import type * as yamlModule from "yaml";
import { isMapping, valueAt } from "../../shared/mappings";
import { redactTexts } from "../../shared/redactTexts";
import type { IngressArgs } from "../arguments/ingress";
import type { ServingImageArgs } from "../image/servingImage";
import { isRelated, type KeyPath, keyOf, type Problem } from "../problems/problem";
import type { StackConfig } from "./resolve";

/**
 * What stays secret wherever it goes from here: in Pulumi's state, plans, previews and messages. All else
 * becomes a name, or stands in the specifications of Kubernetes objects.
 */
const kept: readonly KeyPath[] = [
  ["image", "baseImage"],
  ["image", "buildArgs"],
  ["image", "credentials"],
  ["ingress", "annotations"],
  ["values"],
];

/** What was set with `--secret`. */
export class ConfigSecrets {
  /** Paths of secrets, or of what holds one somewhere. */
  private readonly paths: KeyPath[];
  /** Those of secrets. */
  private readonly found: ReadonlySet<KeyPath>;

  /**
   * @param keys those at the top that hold a secret somewhere, which is all that Pulumi tells
   * @param stackFile text of the stack's file, in which the secrets themselves can be found
   */
  constructor(
    private readonly keys: ReadonlySet<string>,
    private readonly input: Readonly<Record<string, unknown>>,
    prefix: string,
    stackFile: string,
  ) {
    this.found = new Set(keys.size === 0 ? [] : securePaths(stackFile, prefix));
    this.paths = [...keys].flatMap((key) => {
      const below = [...this.found].filter(([first]) => first === key);
      // It may come from another file or from an environment of Pulumi's.
      return below.length > 0 ? below : [[key]];
    });
  }

  /** What cannot be kept secret, by the key that was set. */
  problems(): Problem[] {
    return this.paths.flatMap((path) => {
      const leaves = leavesOf(this.at(path), path);
      const shown = leaves.filter((leaf) => !isKept(leaf));
      // Where only the key at the top is known, it may be what can be kept.
      const isKnown =
        this.found.has(path) || (path[0] !== "models" && shown.length === leaves.length);
      return shown.length > 0 && isKnown ? [{ path, message: refusal(path, shown) }] : [];
    });
  }

  /** Keys with a secret that nobody finds: what cannot be kept secret there may be it. */
  uncertain(): string[] {
    return this.paths
      .filter((path) => !this.found.has(path))
      .filter((path) => leavesOf(this.at(path), path).some((leaf) => !isKept(leaf)))
      .map(keyOf);
  }

  /** Problems without what is secret, and without those of values that are refused anyway. */
  hide(problems: readonly Problem[]): Problem[] {
    const refused = this.problems();
    const texts = this.texts();
    const others = problems
      .filter(({ path }) => !refused.some((one) => isRelated(one.path, path)))
      .map(({ path, message }) => {
        const isSecret = this.paths.some((secret) => isRelated(secret, path));
        const shown = isSecret
          ? message.replace(/^found [\s\S]*?(?=; accepted: |$)/, "found a value that is secret")
          : message;
        return { path, message: redactTexts(shown, texts) };
      });
    return [...refused, ...others];
  }

  /** Everything below a key with a secret that can be one: further chart values, annotations, and the like. */
  keep(config: StackConfig): StackConfig {
    const holds = (key: string) => this.keys.has(key) || this.keys.has("models");
    const keepImage = <T extends ImageSecrets>(image: T): T =>
      holds("image") ? { ...image, ...secretParts(image) } : image;
    const keepAnnotations = (ingress: IngressArgs): IngressArgs =>
      ingress.annotations && holds("ingress")
        ? { ...ingress, annotations: secretLeaves(ingress.annotations) as Record<string, string> }
        : ingress;
    const models = config.models.map(({ args, ...model }) => ({
      ...model,
      args: {
        ...args,
        values: args.values && holds("values") ? secretLeaves(args.values) : args.values,
        // From a configuration it is known, and no output.
        ingress: args.ingress && keepAnnotations(args.ingress as IngressArgs),
        image: keepImage(args.image),
      },
    }));
    const images = Object.entries(config.images).map(([name, image]) => [name, keepImage(image)]);
    return { ...config, models, images: Object.fromEntries(images) };
  }

  private texts(): string[] {
    return this.paths.flatMap((path) =>
      leavesOf(this.at(path), path).map((leaf) => String(this.at(leaf))),
    );
  }

  private at(path: KeyPath): unknown {
    return valueAt(this.input, path);
  }
}

type ImageSecrets = Pick<ServingImageArgs, "baseImage" | "buildArgs" | "credentials">;

function secretParts({ baseImage, buildArgs, credentials }: ImageSecrets): ImageSecrets {
  return {
    ...(baseImage !== undefined && { baseImage: pulumi.secret(baseImage) }),
    ...(buildArgs && { buildArgs: secretLeaves(buildArgs) as ServingImageArgs["buildArgs"] }),
    ...(credentials && {
      credentials: { ...credentials, username: pulumi.secret(credentials.username) },
    }),
  };
}

function secretLeaves(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      isMapping(value) ? secretLeaves(value) : pulumi.secret(value),
    ]),
  );
}

/** Paths of the values that are encrypted in a stack's file. */
function securePaths(text: string, prefix: string): KeyPath[] {
  const { parse } = require("yaml") as typeof yamlModule;
  const { config } = (parse(text) ?? {}) as { config?: unknown };
  return Object.entries(isMapping(config) ? config : {})
    .filter(([key]) => key.startsWith(prefix))
    .flatMap(([key, value]) => encryptedIn(value, [key.slice(prefix.length)]));
}

function encryptedIn(value: unknown, path: KeyPath): KeyPath[] {
  if (isMapping(value) && typeof value.secure === "string" && Object.keys(value).length === 1) {
    return [path];
  }
  return entriesOf(value).flatMap(([key, item]) => encryptedIn(item, [...path, key]));
}

/** Paths of all that is no mapping or list. */
function leavesOf(value: unknown, path: KeyPath): KeyPath[] {
  return typeof value === "object" && value !== null
    ? entriesOf(value).flatMap(([key, item]) => leavesOf(item, [...path, key]))
    : [path];
}

function entriesOf(value: unknown): [PropertyKey, unknown][] {
  if (Array.isArray(value)) {
    return [...value.entries()];
  }
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function isKept(path: KeyPath): boolean {
  const setting = ofModel(path);
  return kept.some((prefix) => prefix.every((key, index) => key === setting[index]));
}

/** The same setting, for all models. */
function ofModel(path: KeyPath): KeyPath {
  return path[0] === "models" ? path.slice(2) : path;
}

function refusal(path: KeyPath, shown: readonly KeyPath[]): string {
  const isWhole = shown.some((leaf) => leaf.length > path.length);
  const names = shown.map(keyOf);
  const some = names.length > 3 ? `${names.slice(0, 3).join(", ")}, …` : names.join(", ");
  const [first, second] = ofModel(path);
  const isDownload = first === "source" && (second === undefined || second === "uri");
  return (
    (isWhole
      ? `cannot be kept secret as a whole: ${some} would stand in plain in names or specifications of Kubernetes objects; set them with --path and --plaintext, and with --secret only what is one`
      : "cannot be kept secret: it would stand in plain in names or specifications of Kubernetes objects; set it with --plaintext instead of --secret") +
    (isDownload
      ? ". Credentials of the download belong into a Secret that source.uri.existingSecret names: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or MODEL_FETCHER_HTTP_AUTHORIZATION"
      : "")
  );
}
