import { at, isMapping, listAt, textAt } from "./known";
import { podsOf } from "./pods";
import type { ModelRelease } from "./resources";
import { type Path, written } from "./settings";

/** An image that pods run, and the setting it comes from. */
export interface RunImage {
  setting: string;
  /** As far as it is known: `repository:tag@digest`. */
  reference: string;
  tag: string | undefined;
  isPinned: boolean;
}

/** The images of a release's pods: those they run, and those they mount. */
export function imagesOf(release: ModelRelease): RunImage[] {
  const { values } = release;
  const images = podsOf(release).flatMap(({ containers, spec, setting }) => [
    ...containers.map((container) => {
      const image = at(container.spec, "image");
      const reference = typeof image === "string" && image !== "" ? image : "no image";
      return runImage(container.setting(["image"]), reference);
    }),
    ...listAt(spec, "volumes").flatMap((volume, index) => {
      const reference = textAt(volume, "image", "reference");
      const path = ["volumes", index, "image", "reference"];
      return reference === undefined ? [] : [runImage(setting(path), reference)];
    }),
  ]);
  const loose = release
    .objects()
    .flatMap(({ content, setting = "values" }) => looseImages(content, [], setting, false));
  return [...images, ...loose, ...ownTags(values)];
}

/** The chart leaves a tag out beside a digest, which alone decides. */
function ownTags(values: object): RunImage[] {
  const all: [setting: string, path: string[], isUsed: boolean][] = [
    ["image", ["image"], true],
    ["source.uri.image", ["model", "uri", "image"], at(values, "model", "source") === "uri"],
    ["values.canary.image", ["canary", "image"], at(values, "canary", "enabled") === true],
    [
      "values.logForwarding.image",
      ["logForwarding", "image"],
      at(values, "logForwarding", "enabled") === true,
    ],
  ];
  return all.flatMap(([setting, path, isUsed]) => {
    const [repository, tag, digest] = ["repository", "tag", "digest"].map((key) =>
      textAt(values, ...path, key),
    );
    return isUsed && tag !== undefined && digest !== undefined
      ? [runImage(setting, `${repository}:${tag}@${digest}`)]
      : [];
  });
}

/** Images of custom resources, whose operators make the pods. */
function looseImages(node: unknown, path: Path, origin: string, inCustom: boolean): RunImage[] {
  if (Array.isArray(node)) {
    return node.flatMap((item, index) => looseImages(item, [...path, index], origin, inCustom));
  }
  if (!isMapping(node)) {
    return [];
  }
  const custom = typeof node.apiVersion === "string" ? isCustom(node.apiVersion) : inCustom;
  return Object.entries(node).flatMap(([key, value]) => {
    const reference = custom ? referenceIn(key, value) : undefined;
    return reference === undefined
      ? looseImages(value, [...path, key], origin, custom)
      : [runImage(origin + written([...path, key]), reference)];
  });
}

/** What a field of a custom resource names as an image: `image`, `sidecarImage`, or one in parts. */
function referenceIn(key: string, value: unknown): string | undefined {
  if (!/(^i|I)mage$/.test(key)) {
    return undefined;
  }
  if (typeof value === "string") {
    return key === "image" || /[:/@]/.test(value) ? value || undefined : undefined;
  }
  const repository = textAt(value, "repository");
  const [tag, digest] = [textAt(value, "tag"), textAt(value, "digest")];
  return repository && `${repository}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
}

/** Neither of the core nor of a group of Kubernetes' own. */
function isCustom(apiVersion: string): boolean {
  const [group = "", version] = apiVersion.split("/");
  return version !== undefined && group.includes(".") && !group.endsWith(".k8s.io");
}

function runImage(setting: string, reference: string): RunImage {
  return { setting, reference, tag: tagOf(reference), isPinned: isPinned(reference) };
}

export function isPinned(reference: string): boolean {
  return /@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(reference);
}

/** `1.0.0` of `localhost:5001/team/wine:1.0.0@sha256:…`. */
export function tagOf(reference: string): string | undefined {
  return /:([^:/@]+)(@|$)/.exec(reference.replace(/@.*$/, ""))?.[1];
}
