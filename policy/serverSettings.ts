/** What the server is told, by whatever way it gets there: as its process would see it. */
import { at, listAt, type Mapping, textAt } from "./known";
import { type Container, podsOf } from "./pods";
import type { RenderedObject } from "./rendering";
import type { ModelRelease } from "./resources";

const PREFIX = "MODEL_SERVER_";

/** A container that runs the server. */
export interface Server {
  container: Container;
  isCanary: boolean;
  /** What a setting is: its text, and where it is set. */
  read: (setting: string) => ServerSetting;
}

export interface ServerSetting {
  /** Undefined: nothing is said; null: it comes from where a policy cannot look. */
  value: string | undefined | null;
  /** `ConfigMap tuning`, of a value that cannot be looked at. */
  source?: string;
  /** The setting of the stack's config, of a value that is set as a variable. */
  setting?: string;
}

/** Whatever runs the server: the tracks of the model, and further pods of its image. */
export function serversOf(release: ModelRelease): Server[] {
  const { values } = release;
  const objects = release.objects();
  const repositories = [
    textAt(values, "image", "repository"),
    textAt(values, "canary", "image", "repository"),
  ];
  // Another server than this package's reads none of these settings.
  const isOwn = (isCanary: boolean): boolean => {
    const kind = isCanary ? textAt(values, "canary", "server", "kind") : undefined;
    return (kind ?? textAt(values, "server", "kind")) === "own";
  };
  return podsOf(release)
    .flatMap(({ containers, isCanary }) => containers.map((one) => ({ ...one, isCanary })))
    .filter(({ spec, isCanary }) => {
      const image = String(at(spec, "image") ?? "");
      const isServers = repositories.includes(image.replace(/(:[^/@]*)?(@.*)?$/, ""));
      // A command in place of the image's own may run something else, as the chart's test does.
      const command = at(spec, "command");
      const isItsOwn = command === undefined || JSON.stringify(command).includes("model_server");
      return hasOwnVariable(spec) || (isServers && isItsOwn && !isOwn(isCanary));
    })
    .map(({ isCanary, ...container }) => ({
      container,
      isCanary,
      read: (setting) => variable(container, PREFIX + setting, values, objects),
    }));
}

function hasOwnVariable(container: Mapping): boolean {
  return listAt(container, "env").some((entry) => textAt(entry, "name")?.startsWith(PREFIX));
}

/** As the kubelet makes it: of two of one name the last holds, and `env` before `envFrom`. */
function variable(
  container: Container,
  name: string,
  values: Mapping,
  objects: readonly RenderedObject[],
): ServerSetting {
  const env = listAt(container.spec, "env");
  const index = lastNamed(env, name);
  if (index < 0) {
    return fromSources(container.spec, name, objects);
  }
  const read = ofEntry(env[index], objects);
  if (container.setting(["env"]) !== "values.env") {
    return { ...read, setting: container.setting(["env", index]) };
  }
  const given = lastNamed(listAt(values, "env"), name);
  return given < 0 ? read : { ...read, setting: `values.env[${given}]` };
}

function lastNamed(env: readonly unknown[], name: string): number {
  return env.map((entry) => at(entry, "name")).lastIndexOf(name);
}

function ofEntry(entry: unknown, objects: readonly RenderedObject[]): ServerSetting {
  for (const kind of ["ConfigMap", "Secret"] as const) {
    const reference = at(
      entry,
      "valueFrom",
      kind === "Secret" ? "secretKeyRef" : "configMapKeyRef",
    );
    if (reference !== undefined) {
      const name = textAt(reference, "name") ?? "";
      const content = contentOf(kind, name, objects);
      const value = content?.[textAt(reference, "key") ?? ""];
      return content === undefined ? { value: null, source: `${kind} ${name}` } : { value };
    }
  }
  if (at(entry, "valueFrom") !== undefined) {
    return { value: null, source: "a field of the pod" };
  }
  const value = at(entry, "value");
  return typeof value === "string" && value.replaceAll("$$", "").includes("$(")
    ? { value: null, source: "another variable" }
    : { value: value === undefined ? undefined : String(value) };
}

function fromSources(
  container: Mapping,
  name: string,
  objects: readonly RenderedObject[],
): ServerSetting {
  // The last one wins.
  for (const source of [...listAt(container, "envFrom")].reverse()) {
    const before = textAt(source, "prefix") ?? "";
    for (const kind of ["ConfigMap", "Secret"] as const) {
      const reference = at(source, kind === "Secret" ? "secretRef" : "configMapRef");
      if (reference === undefined || !name.startsWith(before)) {
        continue;
      }
      const from = textAt(reference, "name") ?? "";
      const content = contentOf(kind, from, objects);
      if (content === undefined) {
        return { value: null, source: `${kind} ${from}` };
      }
      const value = content[name.slice(before.length)];
      if (value !== undefined) {
        return { value };
      }
    }
  }
  return { value: undefined };
}

/** What is in a ConfigMap or Secret of the same release; undefined if it comes from elsewhere. */
function contentOf(
  kind: "ConfigMap" | "Secret",
  name: string,
  objects: readonly RenderedObject[],
): Record<string, string> | undefined {
  const object = objects.find((one) => one.name === `${kind} ${name}`);
  if (object === undefined) {
    return undefined;
  }
  const plain = Object.entries(
    Object(at(object.content, kind === "Secret" ? "stringData" : "data")),
  );
  const encoded = kind === "Secret" ? Object.entries(Object(at(object.content, "data"))) : [];
  return Object.fromEntries([
    ...encoded.map(([key, text]) => [key, Buffer.from(String(text), "base64").toString()]),
    ...plain.map(([key, text]) => [key, String(text)]),
  ]);
}
