/** A text in which none of these texts is left; what is shorter than 3 characters tells nothing. */
export function redactTexts(text: string, secrets: readonly string[]): string {
  return (
    secrets
      .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
      .filter((secret) => secret.length >= 3 && secret !== "true" && secret !== "false")
      // A longer one may hold a shorter one.
      .sort((a, b) => b.length - a.length)
      .reduce((redacted, secret) => redacted.replaceAll(secret, "[secret]"), text)
  );
}
