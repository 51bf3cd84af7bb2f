import type { Rule } from "../rule";

export const ownNamespace: Rule = {
  name: "own-namespace",
  description: "Models live in a namespace that is not the cluster's own.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: ({ namespace }) =>
    typeof namespace === "string" && /^(default$|kube-)/.test(namespace)
      ? [
          {
            setting: "namespace",
            message: `found ${namespace}, which belongs to the cluster; name one for models`,
          },
        ]
      : [],
};
