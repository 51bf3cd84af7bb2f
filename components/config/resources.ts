import { z } from "zod";
import { group, names, quantity, required, setting } from "./setting";

const RESOURCE_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9._]*[a-z0-9])?$/;

type Amounts = Readonly<Record<string, string>>;

function quantities(description: string, byDefault?: Amounts) {
  const value = required(
    setting(
      // What is not said is the chart's, so that there has to be a word for nothing.
      z.union([...quantity.options, z.literal("none")]),
      description,
      "a quantity such as 500m, 2 or 512Mi, or none",
    ),
  );
  return setting(
    z.record(
      names(RESOURCE_NAME, "the name of a resource such as cpu, memory or nvidia.com/gpu"),
      value,
    ),
    description,
    "a mapping of resource names (cpu, memory, …) to quantities",
    byDefault,
  );
}

/** Requests and limits of a container; each of the chart's own holds on until it is said otherwise. */
export function resourcesOf(
  description: string,
  byDefault: { requests?: Amounts; limits?: Amounts },
) {
  return group(description, {
    requests: quantities("What the scheduler reserves", byDefault.requests),
    limits: quantities("What may be used at most", byDefault.limits),
  });
}
