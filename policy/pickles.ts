import { at } from "./known";
import type { ModelRelease } from "./resources";
import { type Server, type ServerSetting, serversOf } from "./serverSettings";

/** A server that loads pickles, and the settings that say so or could forbid it. */
export interface PickleServer {
  /** The sha256 its model must have, if a policy can see it. */
  sha256: string | undefined;
  /** What allows pickles, as a message calls it. */
  found: string;
  settings: { allowPickle: string; sha256: string; forbid: string };
}

export function pickleServersOf(release: ModelRelease): PickleServer[] {
  return serversOf(release).flatMap((server) => {
    const allowed = server.read("ALLOW_PICKLE");
    const sha256 = server.read("MODEL_SHA256");
    if (["false", "0"].includes(String(allowed.value).toLowerCase())) {
      return [];
    }
    const isInherited = at(release.values, "canary", "model", "allowPickle") === undefined;
    const allowPickle = place(server, allowed, "allowPickle", "ALLOW_PICKLE");
    return [
      {
        sha256: sha256.value === "" ? undefined : (sha256.value ?? undefined),
        found: foundIn(allowed),
        settings: {
          allowPickle:
            server.isCanary && isInherited && allowed.setting === undefined
              ? "allowPickle"
              : allowPickle,
          forbid: allowPickle,
          sha256: place(server, sha256, "sha256", "MODEL_SHA256"),
        },
      },
    ];
  });
}

/** The stack's setting that tells the server one of its own. */
function place(
  { container, isCanary }: Server,
  setting: ServerSetting,
  key: string,
  variable: string,
): string {
  if (setting.setting !== undefined) {
    return setting.setting;
  }
  const env = container.setting(["env"]);
  if (env !== "values.env") {
    return `${env} (MODEL_SERVER_${variable})`;
  }
  return isCanary ? `values.canary.model.${key}` : key;
}

function foundIn({ value, source }: ServerSetting): string {
  if (value === null) {
    return `what ${source} says, which a policy cannot see`;
  }
  return value === undefined || value === "" ? "nothing, which allows them" : value;
}
