import { at, listAt, textAt, unknown } from "./known";
import type { ModelRelease } from "./resources";

/** An image that pods run, and the setting it comes from. */
export interface RunImage {
  setting: string;
  /** As far as it is known: `repository:tag@digest`. */
  reference: string;
  tag: string | undefined;
  isPinned: boolean;
}

/** The images of a release's pods whose references are known. */
export function imagesOf({ values }: ModelRelease): RunImage[] {
  const images = [ownImage(values, ["image"], "image")];
  if (at(values, "model", "source") === "uri") {
    images.push(ownImage(values, ["model", "uri", "image"], "source.uri.image"));
  }
  const canary = at(values, "canary", "image");
  if (
    at(values, "canary", "enabled") === true &&
    ["repository", "tag", "digest"].some((key) => at(canary, key) !== undefined)
  ) {
    // A tag or a digest replaces both of the stable image, a repository neither.
    const replaces = at(canary, "tag") !== undefined || at(canary, "digest") !== undefined;
    const stable = at(values, "image") as Record<string, unknown>;
    const image = { ...(replaces ? { repository: stable.repository } : stable), ...object(canary) };
    images.push(ownImage({ image }, ["image"], "values.canary.image"));
  }
  for (const list of ["initContainers", "sidecars"]) {
    for (const [index, container] of listAt(values, list).entries()) {
      images.push(containerImage(at(container, "image"), `values.${list}[${index}].image`));
    }
  }
  return images.filter((image) => image !== undefined);
}

function object(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function ownImage(values: object, path: string[], setting: string): RunImage | undefined {
  const digest = at(values, ...path, "digest");
  if (digest === unknown) {
    return undefined;
  }
  const repository = textAt(values, ...path, "repository") ?? "";
  const tag = textAt(values, ...path, "tag");
  const isPinned = typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest);
  const reference = `${repository}${tag ? `:${tag}` : ""}${isPinned ? `@${digest}` : ""}`;
  return { setting, reference, tag, isPinned };
}

function containerImage(image: unknown, setting: string): RunImage | undefined {
  return typeof image === "string"
    ? { setting, reference: image, tag: tagOf(image), isPinned: isPinned(image) }
    : undefined;
}

export function isPinned(reference: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(reference);
}

/** `1.0.0` of `localhost:5001/team/wine:1.0.0@sha256:…`. */
export function tagOf(reference: string): string | undefined {
  return /:([^:/@]+)(@|$)/.exec(reference.replace(/@.*$/, ""))?.[1];
}
