import { at, isMapping, type Mapping, textAt } from "./known";
import type { RenderedObject } from "./rendering";
import type { ModelRelease } from "./resources";
import { containerSetting, type Path, podSetting, written } from "./settings";

/** A container that a pod runs, of whatever list. */
export interface Container {
  name: string;
  /** The field of the pod's spec that it is in: `initContainers`. */
  list: string;
  spec: Mapping;
  /** The setting that a field of it comes from: `values.sidecars[0].image`. */
  setting: (field: Path) => string;
}

/** A pod, or what pods are made from: in a workload of any kind, in a custom resource, in a list. */
export interface Pod {
  /** `Deployment wine` */
  object: string;
  /** The object it is in is the chart's own. */
  isOwn: boolean;
  /** It is one of the second version's that runs beside the stable one. */
  isCanary: boolean;
  /** It is an object, or a template as in a Deployment, which has labels and annotations. */
  hasMetadata: boolean;
  metadata: unknown;
  spec: Mapping;
  containers: Container[];
  /** The setting that a field of its spec comes from. */
  setting: (field: Path) => string;
  /** The setting that a field of its metadata comes from. */
  metadataSetting: (field: Path) => string;
}

/** All pods of a release. */
export function podsOf(release: ModelRelease): Pod[] {
  return release.objects().flatMap((object) => podsIn(object, object.content, [], release));
}

/** All containers of all pods of a release. */
export function containersOf(release: ModelRelease): Container[] {
  return podsOf(release).flatMap(({ containers }) => containers);
}

const lists = ["initContainers", "containers", "ephemeralContainers"];

function podsIn(
  object: RenderedObject,
  node: unknown,
  path: Path,
  release: ModelRelease,
  metadata?: unknown,
): Pod[] {
  if (Array.isArray(node)) {
    return node.flatMap((item, index) => podsIn(object, item, [...path, index], release));
  }
  if (!isMapping(node)) {
    return [];
  }
  const found = containerPaths(node);
  const pod = found.length === 0 ? [] : [podAt(object, node, path, metadata, found, release)];
  const further = Object.entries(node).flatMap(([key, value]) =>
    found.some(([list]) => list === key)
      ? []
      : podsIn(object, value, [...path, key], release, key === "spec" ? node.metadata : undefined),
  );
  return [...pod, ...further];
}

/** Where the containers are in what may be the spec of a pod; none: it is no such thing. */
function containerPaths(node: Mapping): Path[] {
  return Object.entries(node).flatMap(([key, value]): Path[] => {
    if (lists.includes(key) && isMapping(value)) {
      // By name, as some custom resources have them.
      return Object.entries(value).flatMap(([name, item]): Path[] =>
        runsAnImage(item) ? [[key, name]] : [],
      );
    }
    if (Array.isArray(value)) {
      const isList = lists.includes(key)
        ? value.some(isMapping)
        : value.some((item) => runsAnImage(item));
      return isList
        ? value.flatMap((item, index): Path[] => (isMapping(item) ? [[key, index]] : []))
        : [];
    }
    // As in the steps of workflows.
    return (key === "container" || key === "script") && runsAnImage(value) ? [[key]] : [];
  });
}

function runsAnImage(value: unknown): boolean {
  return isMapping(value) && typeof value.image === "string";
}

function podAt(
  object: RenderedObject,
  spec: Mapping,
  path: Path,
  metadata: unknown,
  containerPaths: Path[],
  { values }: ModelRelease,
): Pod {
  const origin = object.setting;
  const below = (base: Path, ofOwn: (field: Path) => string) => (field: Path) =>
    origin === undefined ? ofOwn(field) : origin + written([...base, ...field]);
  const setting = below(path, (field) => podSetting(spec, field, values));
  const track = at(metadata, "labels", "model-serving/track");
  const isCanary =
    origin === undefined &&
    (track === "canary" || (track === "test" && object.name.endsWith("-canary-test")));
  const containers = containerPaths.map((containerPath) => {
    const container = containerPath.reduce<unknown>(
      (parent, key) => (parent as Mapping)[key],
      spec,
    ) as Mapping;
    const list = String(containerPath[0]);
    const name = textAt(container, "name") ?? containerPath.join(" ");
    const own = { spec: container, list, isCanary };
    return {
      name,
      list,
      spec: container,
      setting: below([...path, ...containerPath], (field) => containerSetting(own, field, values)),
    };
  });
  return {
    object: object.name,
    isOwn: origin === undefined,
    isCanary,
    hasMetadata:
      (path.length === 1 && object.content.kind === "Pod") ||
      path.slice(-2).join(".") === "template.spec",
    metadata,
    spec,
    containers,
    setting,
    metadataSetting: below(
      [...path.slice(0, -1), "metadata"],
      ([first, ...rest]) =>
        `values.${first === "labels" ? "podLabels" : "podAnnotations"}${written(rest)}`,
    ),
  };
}
