// Generated from chart/values.yaml by `npm run chart:generate`. Do not edit: edit chart/values.yaml.
/** The names that values of the chart have now, by their paths with the old ones. */
export const renamedValues: Readonly<Record<string, string>> = {
  "model.uri.secretName": "existingSecret",
  "model.uri.authorityConfigMapName": "caConfigMapName",
  "featureStore.auth.secretName": "existingSecret",
  "featureStore.authorityConfigMapName": "caConfigMapName",
  "payloadLogging.sink.auth.secretName": "existingSecret",
  "payloadLogging.sink.authorityConfigMapName": "caConfigMapName",
  "canary.model.uri.secretName": "existingSecret",
  "canary.model.uri.authorityConfigMapName": "caConfigMapName",
  "logForwarding.secretName": "existingSecret",
  "logForwarding.authorityConfigMapName": "caConfigMapName",
};
