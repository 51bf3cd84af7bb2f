/** Where a pod gets its model from: exactly one of these. */
export interface ModelSource {
  /** Baked into the image: the model file at this path of the machine that runs Pulumi. */
  image?: { path: string };
}
