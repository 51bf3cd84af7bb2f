/** Name of the package, in tokens and in `pulumi package add`. */
export const packageName = "model-deployment";

/** The token of a component or type. */
export function token(name: string): string {
  return `${packageName}:index:${name}`;
}
