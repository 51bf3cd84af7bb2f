import { z } from "zod";
import { group, names, quantity, required, setting } from "./setting";

const RESOURCE_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9._]*[a-z0-9])?$/;

function quantities(description: string) {
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
  );
}

/** Requests and limits of a container. */
export function resourcesOf(container: string) {
  return group(`Resources of ${container}`, {
    requests: quantities("What the scheduler reserves"),
    limits: quantities(`What ${container} may use at most`),
  });
}
