import { effectiveValues } from "./chartDefaults";
import { at, known, listAt, type Mapping, textAt, unknown } from "./known";
import { type RenderedObject, render } from "./rendering";

/** The Helm release of a model. */
export interface ModelRelease {
  /** The model's name, as in the stack's config. */
  model: string;
  name: unknown;
  namespace: unknown;
  /** Values as the chart renders them, its own defaults included. */
  values: Mapping;
  /** What the chart renders. Throws a RenderError if it cannot. */
  objects: () => RenderedObject[];
}

/** An image of this project that is built. */
export interface ImageBuild {
  /** What it is pushed as: `repository:tag`. */
  reference: unknown;
  /** Base image, if it is not the Dockerfile's own. */
  baseImage: unknown;
}

interface Resource {
  urn: string;
  props: object;
}

/**
 * A resource as a model's release; undefined if it is none of this project's.
 *
 * @param built images that the same update builds
 */
export function readModelRelease(
  resource: Resource,
  built: ReadonlySet<unknown>,
): ModelRelease | undefined {
  const { type, name } = partsOf(resource.urn);
  if (!/model-deployment:index:ModelDeployment\$kubernetes:helm\.sh\/v3:Release$/.test(type)) {
    return undefined;
  }
  const props = known(resource.props);
  const given = at(props, "values") as Mapping | undefined;
  for (const image of [at(given, "image"), at(given, "model", "uri", "image")]) {
    markUnknownDigest(image, built);
  }
  return modelRelease({
    model: name,
    name: at(props, "name"),
    namespace: at(props, "namespace"),
    chart: textAt(props, "chart") ?? "",
    given: given ?? {},
  });
}

/** The release of a chart with these values. */
export function modelRelease({
  chart,
  given,
  ...release
}: Pick<ModelRelease, "model" | "name" | "namespace"> & {
  chart: string;
  given: Mapping;
}): ModelRelease {
  return {
    ...release,
    values: effectiveValues(chart, given),
    objects: () =>
      render({
        chart,
        release: textAt(release, "name") ?? release.model,
        namespace: textAt(release, "namespace") ?? "default",
        values: given,
      }),
  };
}

// The Kubernetes provider leaves out what is not known yet where it checks a release, and policies see
// what it has checked: the digest of an image that will be built looks as if nobody had given one.
function markUnknownDigest(image: unknown, built: ReadonlySet<unknown>): void {
  const isBuilt = built.has(`${textAt(image, "repository")}:${textAt(image, "tag")}`);
  if (isBuilt && textAt(image, "digest") === undefined) {
    Object.assign(image as object, { digest: unknown });
  }
}

/** A resource as the build of an image; undefined if it is none of this project's. */
export function readImageBuild(resource: Resource): ImageBuild | undefined {
  const { type } = partsOf(resource.urn);
  if (!/model-deployment:index:ServingImage\$docker(-build)?:index/.test(type)) {
    return undefined;
  }
  const props = known(resource.props);
  return {
    reference: listAt(props, "tags")[0] ?? at(props, "imageName"),
    baseImage: at(props, "buildArgs", "BASE_IMAGE") ?? at(props, "build", "args", "BASE_IMAGE"),
  };
}

/** Of `urn:pulumi:stack::project::parentType$type::name` the types and the name. */
function partsOf(urn: string): { type: string; name: string } {
  const [, , type = "", name = ""] = urn.split("::");
  return { type, name };
}
