/** Which setting of the stack's config a field of the chart's own pods comes from. */
import { at, isMapping, listAt, type Mapping, textAt } from "./known";

export type Path = readonly (string | number)[];

/** `.a[0].b` */
export function written(path: Path): string {
  return path
    .map((key) => {
      if (typeof key === "number") {
        return `[${key}]`;
      }
      return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `["${key}"]`;
    })
    .join("");
}

/** The groups of settings of the chart's own containers, by container. */
const groups: Readonly<Record<string, { group: string; fields: readonly string[] }>> = {
  "fetch-model": { group: "source.uri", fields: ["image", "resources"] },
  "log-forwarder": { group: "values.logForwarding", fields: ["image", "resources"] },
};

/** Where the stack's config has its own place for a field of the server. */
const serverFields: Readonly<Record<string, string>> = {
  image: "image",
  resources: "resources",
  startupProbe: "values.probes.startup",
  readinessProbe: "values.probes.readiness",
  livenessProbe: "values.probes.liveness",
};

/** Of a container that the chart's templates make, or that the values bring. */
export function containerSetting(
  { spec, list, isCanary }: { spec: Mapping; list: string; isCanary: boolean },
  field: Path,
  values: Mapping,
): string {
  const given = list === "initContainers" ? list : "sidecars";
  const name = textAt(spec, "name") ?? "";
  const index = listAt(values, given).findIndex((container) =>
    ["name", "image"].every((key) => at(container, key) === at(spec, key)),
  );
  if (index >= 0) {
    return `values.${given}[${index}]${written(field)}`;
  }
  const [first, ...rest] = field;
  const own = groups[name];
  if (own?.fields.includes(String(first))) {
    const ofCanary = at(values, "canary", "model", "uri", String(first)) !== undefined;
    const isItsOwn = isCanary && own.group === "source.uri" && ofCanary;
    return (isItsOwn ? "values.canary.model.uri" : own.group) + written(field);
  }
  if (first === "image" && isCanary && isMapping(at(values, "canary", "image"))) {
    const image = at(values, "canary", "image") as Mapping;
    if (["repository", "tag", "digest"].some((key) => textAt(image, key) !== undefined)) {
      return "values.canary.image";
    }
  }
  const place = first === undefined ? "values" : serverFields[first];
  return place === undefined ? `values${written(field)}` : place + written(rest);
}

/** Of a pod that the chart's templates make. */
export function podSetting(spec: Mapping, field: Path, values: Mapping): string {
  const [first, index, ...rest] = field;
  if (first === "securityContext") {
    return `values.podSecurityContext${written(field.slice(1))}`;
  }
  if (first === "volumes" && typeof index === "number") {
    const name = at(listAt(spec, "volumes")[index], "name");
    const own = listAt(values, "volumes").findIndex((volume) => at(volume, "name") === name);
    return `values.volumes${own < 0 ? "" : `[${own}]`}${written(rest)}`;
  }
  return `values${written(field)}`;
}
