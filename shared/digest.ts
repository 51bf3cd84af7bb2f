export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;

/**
 * Stands for the digest of an image that has yet to be built: in a preview it is unknown, and no template
 * asks for more than its form.
 */
export const PLACEHOLDER_DIGEST = `sha256:${"0".repeat(64)}`;

/** True for `sha256:` and 64 hex digits, the only thing that names an image for good. */
export function isDigest(value: unknown): value is string {
  return typeof value === "string" && DIGEST_PATTERN.test(value);
}
