import type { ChartValues } from "../arguments/chartValues";
import type { PlannedSource } from "../model/source";

type ModelValues = NonNullable<ChartValues["model"]>;

/** What is known only when the objects and images that a source needs are there. */
export interface SourceParts {
  configMap?: ModelValues["configMap"];
  /** The image of the program that downloads. */
  fetcher?: object;
}

/** The chart's values that say where pods get the model from. */
export function sourceValues(
  source: PlannedSource,
  { configMap, fetcher }: SourceParts,
): Pick<ModelValues, "source" | "configMap" | "persistentVolumeClaim"> & { uri?: object } {
  switch (source.kind) {
    case "image":
    case "existingImage":
      // The chart's own default need not be said.
      return {};
    case "configMap":
      return { source: source.kind, configMap };
    case "persistentVolumeClaim":
      return { source: source.kind, persistentVolumeClaim: source.claim };
    case "uri":
      return { source: source.kind, uri: { ...source.uri, image: fetcher } };
  }
}
