/** Debian packages that this project installs where they are missing. */
import { step } from "../../shared/progress";
import { run, tryRun } from "../../shared/run";
import { UserError } from "../../shared/userError";
import { executablesOnPath } from "../tools/onPath";

/** Where administrators' programs are, also for those who have them not on PATH. */
export const SYSTEM_PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/** Those of some packages that are not installed; none on a system of another kind, which cannot tell. */
export async function missingDebianPackages(names: readonly string[]): Promise<string[]> {
  const missing = await Promise.all(
    names.map((name) =>
      tryRun("dpkg-query", ["--status", name]).then(
        ({ stdout }) => !/^Status: .* installed$/m.test(stdout),
        () => false,
      ),
    ),
  );
  return names.filter((_, index) => missing[index]);
}

/** Installs Debian packages with apt, or says what to install. */
export async function installPackages(missing: readonly string[]): Promise<void> {
  if (missing.length === 0) {
    return;
  }
  if (executablesOnPath("apt-get", SYSTEM_PATH).length === 0) {
    throw new UserError(
      `these programs are missing: ${missing.join(", ")}`,
      "install them with the system's package manager",
    );
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await step(
    `Installing Debian packages: ${missing.join(", ")}`,
    async () => {
      await run("apt-get", ["update", "-qq"], { env });
      await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], {
        env,
      });
    },
    "30 seconds",
  );
}
