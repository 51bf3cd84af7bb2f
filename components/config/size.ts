/**
 * Bytes of the configuration that the engine can hand to a program: it does so in one environment
 * variable, and Linux starts no process with a longer one (32 pages, its name included).
 */
const MAX_BYTES = 32 * 4096 - "PULUMI_CONFIG=".length - 1;

const remedy = (stack: string) =>
  `move the models into files of their own, which are not counted: make split STACK=${stack}`;

/** Said while it still works; undefined as long as there is room. */
export function sizeWarning(stack: string, handedOver: string | undefined): string | undefined {
  const bytes = Buffer.byteLength(handedOver ?? "");
  return bytes < 0.75 * MAX_BYTES
    ? undefined
    : `the configuration of stack ${stack} has ${bytes} bytes. With more than ${MAX_BYTES} Linux lets Pulumi start no program (“argument list too long”); before that, ${remedy(stack)}`;
}

/** What is wrong, before the engine says “argument list too long”, and what to do. */
export function tooLarge(
  stack: string,
  config: object,
): { message: string; remedy: string } | undefined {
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(texts)));
  const message = `the configuration in Pulumi.${stack}.yaml has ${bytes} bytes; Pulumi can hand ${MAX_BYTES} to a program`;
  return bytes > MAX_BYTES ? { message, remedy: remedy(stack) } : undefined;
}
