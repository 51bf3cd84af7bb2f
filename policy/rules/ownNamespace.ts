import { at } from "../known";
import type { Rule } from "../rule";

export const ownNamespace: Rule = {
  name: "own-namespace",
  description: "Models live in a namespace that is not the cluster's own.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) =>
    [
      { setting: "namespace", namespace: release.namespace },
      ...release.objects().flatMap(({ content, setting }) =>
        setting === undefined
          ? []
          : [
              {
                setting: `${setting}.metadata.namespace`,
                namespace: at(content, "metadata", "namespace"),
              },
            ],
      ),
    ]
      .filter(
        ({ namespace }) => typeof namespace === "string" && /^(default$|kube-)/.test(namespace),
      )
      .map(({ setting, namespace }) => ({
        setting,
        message: `found ${namespace}, which belongs to the cluster; name one for models`,
      })),
};
