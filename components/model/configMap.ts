import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import type * as pulumi from "@pulumi/pulumi";
import type { ChartValues } from "../arguments/chartValues";
import { contentsOf, type LocalModel } from "./localModel";

type ConfigMapValues = NonNullable<NonNullable<ChartValues["model"]>["configMap"]>;

/**
 * Puts a model's file or folder into a ConfigMap of its own and returns the chart's values that mount it.
 *
 * Outside of the release, whose Secret would have to hold the model as well, in every revision.
 * Named by its content and immutable, so that a pod can never read half of the old and half of the
 * new model. The resource's name has the digest too: the ConfigMap of the model before is then a
 * resource that is no longer wanted, which Pulumi deletes only after everything else succeeded.
 * As one resource that is replaced it would be deleted at the start of the next update, even if
 * the release had been rolled back to the pods that need it.
 */
export function modelConfigMap(
  modelName: string,
  model: LocalModel,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): { values: ConfigMapValues; resource: ConfigMap } {
  const files = [...contentsOf(model).keys()];
  const keys = keysOf(files);
  const contents = Object.fromEntries(
    [...contentsOf(model).values()].map((source, index) => [
      keys[index] as string,
      fs.readFileSync(source),
    ]),
  );
  const { name, resource } = immutableConfigMap(`${modelName}-model`, contents, namespace, opts);
  const goldenKey = model.goldenPath === undefined ? {} : { goldenKey: "golden.json" };
  const [key = ""] = keys;
  const mounted =
    model.format === "folder"
      ? {
          files: model.files.map(({ name: path }, index) => ({ path, key: keys[index] as string })),
        }
      : { key };
  return { values: { name, ...mounted, ...goldenKey }, resource };
}

/** The same of golden requests alone, for a server that is not this package's. */
export function goldenConfigMap(
  modelName: string,
  golden: string,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): { values: { name: string; key: string }; resource: ConfigMap } {
  const key = "golden.json";
  const contents = { [key]: fs.readFileSync(golden) };
  const { name, resource } = immutableConfigMap(`${modelName}-golden`, contents, namespace, opts);
  return { values: { name, key }, resource };
}

function immutableConfigMap(
  prefix: string,
  contents: Record<string, Buffer>,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): { name: string; resource: ConfigMap } {
  const name = `${prefix}-${digestOf(contents)}`;
  const resource = new ConfigMap(
    name,
    {
      metadata: { name, namespace },
      immutable: true,
      binaryData: Object.fromEntries(
        Object.entries(contents).map(([file, content]) => [file, content.toString("base64")]),
      ),
    },
    opts,
  );
  return { name, resource };
}

/** A key knows no folders and few characters; what is the same without these gets a number. */
function keysOf(files: readonly string[]): string[] {
  const used = new Set<string>();
  return files.map((file) => {
    const plain = file.replace(/[^-._a-zA-Z0-9]+/g, "_").slice(0, 240);
    let key = plain;
    for (let number = 2; used.has(key); number++) {
      key = `${plain}.${number}`;
    }
    used.add(key);
    return key;
  });
}

function digestOf(contents: Record<string, Buffer>): string {
  const hash = createHash("sha256");
  for (const [file, content] of Object.entries(contents)) {
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}
