import { at, textAt, unknown } from "../known";
import { podsOf } from "../pods";
import type { Rule } from "../rule";

const required = {
  team: "who answers for the model, such as data-science",
  environment: "where it runs, such as production",
};

export const labels: Rule = {
  name: "labels",
  description: `Pods have the labels ${Object.keys(required).join(" and ")}.`,
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) => {
    const given = [at(release.values, "podLabels"), at(release.values, "commonLabels")];
    const further = podsOf(release).filter(({ isOwn, hasMetadata }) => !isOwn && hasMetadata);
    return Object.entries(required).flatMap(([label, meaning]) => {
      const isGiven = given.some((all) => at(all, label) === unknown || textAt(all, label));
      return [
        ...(isGiven ? [] : [`values.podLabels.${label}`]),
        ...further
          .filter(({ metadata }) => textAt(metadata, "labels", label) === undefined)
          .map(({ metadataSetting }) => metadataSetting(["labels", label])),
      ].map((setting) => ({ setting, message: `missing; set it to ${meaning}` }));
    });
  },
};
