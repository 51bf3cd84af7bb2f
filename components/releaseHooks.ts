/**
 * What happens before, while and after Helm works on a release. The hooks are the same for all releases of a
 * program: each costs the engine a question before the release it belongs to.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { hasEngine } from "./cluster/access";
import { ReleaseWatches } from "./cluster/watchRelease";
import { refuseExistingRelease } from "./preflight/newRelease";
import { previewChart, type Rendering } from "./release/previewChart";

/** What a hook, which is told of the release alone, has to know besides. */
interface Hooked {
  deployment: pulumi.Resource;
  /** What the release renders. */
  rendering: () => Rendering;
  /** Runs something where the SDK finds the connection with the engine that the release was registered by. */
  inContext: (run: () => void) => void;
}

/** @param deployment what has the release as its child of the same name, and what diagnostics are of */
export function releaseHooks(
  name: string,
  deployment: pulumi.Resource,
  rendering: () => Rendering,
): pulumi.ResourceHookBinding | undefined {
  if (!hasEngine()) {
    // Nobody says whether the release changes.
    previewChart(rendering, deployment);
    return undefined;
  }
  const hooks = all.get(engineAddress()) ?? new ReleaseHooks();
  all.set(engineAddress(), hooks);
  return hooks.bind(name, { deployment, rendering, inContext: AsyncLocalStorage.snapshot() });
}

/** By engine: a process may run several programs one after the other, and several parts of one. */
const all = new Map<string, ReleaseHooks>();

function engineAddress(): string {
  const engine = pulumi.runtime.getEngine() as unknown as {
    getChannel(): { getTarget(): string };
  };
  return engine.getChannel().getTarget();
}

class ReleaseHooks {
  /** By the name of the release's resource. */
  private readonly hooked = new Map<string, Hooked[]>();
  private readonly existing = hook("new-release", refuseExistingRelease, { onDryRun: true });
  private readonly render = hook("preview-chart", (args) => this.preview(args), { onDryRun: true });
  private readonly watches = new ReleaseWatches();
  private readonly watch = hook("watch", (args) => this.start(args));
  private readonly unwatch = hook("unwatch", ({ urn }) => this.watches.stop(urn));

  bind(name: string, release: Hooked): pulumi.ResourceHookBinding | undefined {
    this.hooked.set(name, [...(this.hooked.get(name) ?? []), release]);
    const isDefault = release.deployment.getProvider("kubernetes:helm.sh/v3:Release") === undefined;
    if (!isDefault) {
      const message = "the cluster of an explicit provider cannot be asked";
      void pulumi.log.debug(message, release.deployment);
    }
    const existing = isDefault ? [this.existing] : [];
    if (pulumi.runtime.isDryRun()) {
      return { beforeCreate: [...existing, this.render], beforeUpdate: [this.render] };
    }
    return isDefault
      ? {
          beforeCreate: [...existing, this.watch],
          beforeUpdate: [this.watch],
          afterCreate: [this.unwatch],
          afterUpdate: [this.unwatch],
        }
      : undefined;
  }

  private async preview({ urn, name }: pulumi.ResourceHookArgs): Promise<void> {
    const release = await this.find(urn, name);
    if (release !== undefined) {
      release.inContext(() => previewChart(release.rendering, release.deployment));
    }
  }

  private async start({ urn, name, newInputs = {} }: pulumi.ResourceHookArgs): Promise<void> {
    const release = await this.find(urn, name);
    if (release !== undefined) {
      release.inContext(() => this.watches.start(urn, newInputs, release.deployment));
    }
  }

  private async find(urn: string, name: string): Promise<Hooked | undefined> {
    const parent = urn.replace("$kubernetes:helm.sh/v3:Release::", "::");
    for (const release of this.hooked.get(name) ?? []) {
      const known = release.deployment.urn as unknown as { promise(): Promise<string> };
      if ((await known.promise()) === parent) {
        return release;
      }
    }
    return undefined;
  }
}

function hook(
  name: string,
  run: pulumi.ResourceHookFunction,
  options?: pulumi.ResourceHookOptions,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`model-deployment:${name}`, run, options);
}
