/** Chart values the component sets itself, and where a user sets what they hold. */
export const ownedValues: Readonly<Record<string, string>> = {
  fullnameOverride: "the model's name",
  image: "image and tag",
  imagePullSecrets: "image.pullSecrets",
  ingress: "ingress",
  model: "tag, sha256, source and allowPickle",
  replicaCount: "replicas",
  resources: "resources",
};
