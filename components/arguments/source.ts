import type { ChartValues } from "./chartValues";

type Chart = NonNullable<ChartValues["model"]>;

/** Where a pod gets its model from: exactly one of these. */
export interface ModelSource {
  /** Baked into the image: a model's file or folder on the machine that runs Pulumi. */
  image?: { path: string };
  /**
   * Mounted from an immutable ConfigMap that is made of a model's file or folder (at most 1 MiB) on the
   * machine that runs Pulumi. A new model is no new image.
   */
  configMap?: { path: string };
  /** Mounted read-only from a volume that holds the model already. Needs the model's `sha256`. */
  persistentVolumeClaim?: NonNullable<Chart["persistentVolumeClaim"]>;
  /**
   * Downloaded by each pod before its server starts, from S3, a registry of artifacts or a web server.
   * Needs the model's `sha256`.
   */
  uri?: UriSource;
}

/** A model to download. The program that does so has an image of its own. */
export interface UriSource extends Omit<NonNullable<Chart["uri"]>, "location" | "image"> {
  /**
   * `https://…`, `http://…`, `s3://bucket/key`, `gs://bucket/key`, `az://container/key`,
   * `hf://owner/repository@revision/path` or `oci://registry/repository:tag`.
   */
  location: string;
  /** An image of the program that exists. Default: it is built and pushed beside the server's. */
  image?: { repository: string; digest: string };
}

export type SourceKind = keyof ModelSource;

export const sourceKinds: readonly SourceKind[] = [
  "image",
  "configMap",
  "persistentVolumeClaim",
  "uri",
];

/** The kinds a source names; the right number is one. */
export function kindsOf(source: ModelSource | undefined): SourceKind[] {
  return sourceKinds.filter((kind) => source?.[kind] !== undefined);
}

/** The kind of a source that names one; without any the model is in its image. */
export function kindOf(source: ModelSource | undefined): SourceKind {
  return kindsOf(source)[0] ?? "image";
}
