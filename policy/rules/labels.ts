import { at, textAt, unknown } from "../known";
import type { Rule } from "../rule";

const required = {
  team: "who answers for the model, such as data-science",
  environment: "where it runs, such as production",
};

export const labels: Rule = {
  name: "labels",
  description: `Pods have the labels ${Object.keys(required).join(" and ")}.`,
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: ({ values }) => {
    const given = [at(values, "podLabels"), at(values, "commonLabels")];
    return Object.entries(required)
      .filter(([label]) => given.every((labels) => textAt(labels, label) === undefined))
      .filter(([label]) => !given.some((labels) => at(labels, label) === unknown))
      .map(([label, meaning]) => ({
        setting: `values.podLabels.${label}`,
        message: `missing; set it to ${meaning}`,
      }));
  },
};
