import { getVersion } from "@pulumi/kubernetes/utilities";
import * as pulumi from "@pulumi/pulumi";
import { isMapping, type Values } from "../../shared/mappings";
import { redactTexts } from "../../shared/redactTexts";
import { UserError } from "../../shared/userError";
import { RenderCache } from "./renderCache";

/** What a release renders. */
export interface Rendering {
  name: string;
  namespace: pulumi.Input<string>;
  /** Folder of the chart. */
  chart: string;
  /** Of its files. */
  fingerprint: string;
  values: Values;
}

/**
 * During a preview, for a release that changes, has the provider render the chart, and fails it with what the chart refuses. The
 * Release resource itself renders only in the middle of an update, when images are built and other
 * models are changed already. This needs no cluster.
 */
export function previewChart(rendering: () => Rendering, parent: pulumi.Resource): void {
  if (!pulumi.runtime.isDryRun()) {
    return;
  }
  const { name, namespace, chart, fingerprint, values } = rendering();
  const inputs = pulumi.output({ namespace, values });
  // Nothing is rendered while some value is unknown: the chart would be told a wrong one.
  inputs.apply(async (known) => {
    const given = { ...known, path: chart, chart: ".", release_name: name };
    const jsonOpts = JSON.stringify(given);
    const opts = { parent, version: getVersion() };
    // Of what is secret not even a digest is left on the disk.
    const before = (await pulumi.isSecret(inputs))
      ? undefined
      : new RenderCache(name, [jsonOpts, fingerprint, opts.version]);
    if (before?.isKnown) {
      return;
    }
    const render = async (options: string) =>
      pulumi.runtime.invoke("kubernetes:helm:template", { jsonOpts: options }, opts);
    try {
      await render(jsonOpts).catch((error: unknown) => {
        const version = withoutCluster(error);
        if (version === undefined) {
          throw error;
        }
        return render(JSON.stringify({ ...given, kube_version: version }));
      });
      before?.remember();
    } catch (error) {
      const reason = redactTexts(reasonOf(error), await secretTexts(values));
      throw new UserError(`the chart cannot be rendered for ${name}: ${reason}`);
    }
  });
}

/**
 * The oldest Kubernetes that a chart takes, if it was refused for the one that the provider's Helm makes up where it
 * reaches no cluster: 1.20.0, since its builds do not say another one. No cluster of today runs that.
 */
export function withoutCluster(error: unknown): string | undefined {
  const refused = /requires kubeVersion: >=\s*v?(\d+\.\d+\.\d+)\S* .* Kubernetes v1\.20\.0$/m;
  return refused.exec(reasonOf(error))?.[1];
}

/** The texts in what is secret of these values. */
async function secretTexts(values: unknown, isSecret = false): Promise<string[]> {
  if (pulumi.Output.isInstance(values)) {
    const known = await (values as unknown as { promise(): Promise<unknown> }).promise();
    return secretTexts(known, isSecret || (await pulumi.isSecret(values)));
  }
  if (Array.isArray(values) || isMapping(values)) {
    return (
      await Promise.all(Object.values(values).map((value) => secretTexts(value, isSecret)))
    ).flat();
  }
  return isSecret ? [String(values)] : [];
}

/** The chart's own words, without those of everyone who passed them on. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^[\s\S]*failed to create chart from template: /, "")
    .replace(/^execution error at \([^)]*\):\s*/, "")
    .trim();
}
