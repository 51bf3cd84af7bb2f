/** Raw results to tables and a plot, for the docs. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { ManyModels, Round as ManyModelsRound } from "./manyModels";
import type { Round as NewModelsRound, Way } from "./newModels";
import type { NoChange, Program } from "./noChange";

export interface Results {
  machine: { cores: number; node: string };
  noChange: NoChange[];
  manyModels?: ManyModels;
  newModels?: NewModelsRound[];
}

type Command = "preview" | "up";

const titles: Record<Program, string> = {
  "model-deployment": "this program",
  minimal: "minimal program, transpiled the same way",
  usual: "minimal program, as `pulumi new` sets it up",
};

const wayTitles: Record<Way, string> = {
  "helm upgrade": "`helm upgrade` alone, image by digest",
  "image by digest": "`pulumi up`, image by digest (a promotion)",
  ConfigMap: "`pulumi up`, ConfigMap",
  "rebuilt image": "`pulumi up`, image built and pushed",
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
}

/** `min, median` */
function both(values: readonly number[], digits = 1): string {
  return `${Math.min(...values).toFixed(digits)}, ${median(values).toFixed(digits)}`;
}

function seconds({ rounds }: NoChange, program: Program, command: Command): number[] {
  return rounds.flatMap((round) => round[program]?.[command] ?? []);
}

/** Round by round, so that what else the machine does hits both. */
function ratios({ rounds }: NoChange, to: Program, command: Command): number[] {
  return rounds.flatMap((round) => {
    const [ours, theirs] = [round["model-deployment"]?.[command], round[to]?.[command]];
    return ours === undefined || theirs === undefined ? [] : [ours / theirs];
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

export function oneModel({ noChange, machine }: Results): string {
  const [one] = noChange;
  if (one === undefined) {
    return "";
  }
  const rows = (["model-deployment", "minimal", "usual"] as const).map((program) => [
    titles[program],
    both(seconds(one, program, "preview")),
    both(seconds(one, program, "up")),
    program === "model-deployment" ? "" : both(ratios(one, program, "preview"), 2),
    program === "model-deployment" ? "" : both(ratios(one, program, "up"), 2),
  ]);
  return [
    `One model; ${one.rounds.length} rounds on ${machine.cores} cores with Node ${machine.node}, the last program in ${seconds(one, "usual", "preview").length} of them. Seconds, and how many times the other programs' that is.`,
    table(["", "`preview`", "`up`", "our `preview` ÷ this", "our `up` ÷ this"], rows),
  ].join("\n\n");
}

export function manyModels({ noChange }: Results): string {
  const rows = noChange.map((size, index) => [
    String(size.models),
    ...(["preview", "up"] as const).flatMap((command) => [
      both(seconds(size, "model-deployment", command)),
      index === 0 ? "" : perModel(noChange, index, "model-deployment", command),
      index === 0 ? "" : perModel(noChange, index, "minimal", command),
      both(ratios(size, "minimal", command), 2),
    ]),
  ]);
  const columns = (command: Command) => [
    `\`${command}\`, s`,
    "each further model, ms",
    "in the minimal program",
    "our time ÷ its",
  ];
  return [
    "Models by digest, as in production, but without pods. What each further model costs is the difference of the smallest times of this size and the one before.",
    table(["models", ...columns("preview"), ...columns("up")], rows),
  ].join("\n\n");
}

/** Milliseconds that each model costs more than the size before; what else the machine does only adds. */
function perModel(
  sizes: readonly NoChange[],
  index: number,
  program: Program,
  command: Command,
): string {
  const [before, now] = [sizes[index - 1], sizes[index]];
  if (before === undefined || now === undefined) {
    return "";
  }
  const added =
    Math.min(...seconds(now, program, command)) - Math.min(...seconds(before, program, command));
  return ((added / (now.models - before.models)) * 1000).toFixed(0);
}

/** What the program takes with so many models that they are in files of their own. */
export function inFiles({ manyModels, machine }: Results): string {
  if (manyModels === undefined) {
    return "";
  }
  const { models, rounds } = manyModels;
  const of = (program: "model-deployment" | "minimal", command: Command) =>
    rounds.map((round) => round[program][command].seconds);
  const memory = (program: "model-deployment" | "minimal") =>
    rounds.map((round) => Math.max(round[program].preview.memory, round[program].up.memory));
  const ratio = (value: (round: ManyModelsRound) => number) => both(rounds.map(value), 2);
  const count = models.toLocaleString("en");
  const rows = [
    [
      "this program",
      both(of("model-deployment", "preview")),
      both(of("model-deployment", "up")),
      both(memory("model-deployment"), 0),
    ],
    [
      titles.minimal,
      both(of("minimal", "preview")),
      both(of("minimal", "up")),
      both(memory("minimal"), 0),
    ],
    [
      "ours ÷ its",
      ratio((round) => round["model-deployment"].preview.seconds / round.minimal.preview.seconds),
      ratio((round) => round["model-deployment"].up.seconds / round.minimal.up.seconds),
      both(
        memory("model-deployment").map((most, index) => most / (memory("minimal")[index] ?? 0)),
        2,
      ),
    ],
  ];
  return [
    `${count} models, nothing to change, in ${rounds.length === 1 ? "one round" : `${rounds.length} rounds`}, at a load average of ${both(rounds.map(({ load }) => load))} on ${machine.cores} cores; the models of this program are in files of their own (\`make split\`), those of the minimal one in one JSON file.`,
    table(["", "`preview`, s", "`up`, s", "most memory of the program, MB"], rows),
    `A preview in which one model of ${count} changes took ${both(rounds.map(({ oneChanged }) => oneChanged))} s, and of that model alone in a stack ${both(rounds.map(({ alone }) => alone))} s: ${ratio(({ oneChanged, alone }) => oneChanged / alone)} times as long.`,
  ].join("\n\n");
}

export function newModelsTable({ newModels = [] }: Results): string {
  const rows = (Object.keys(wayTitles) as Way[]).map((way) => [
    wayTitles[way],
    both(newModels.map((round) => round[way])),
    both(
      newModels.map((round) => round[way] / round["helm upgrade"]),
      2,
    ),
    overBoth(newModels, way),
  ]);
  return [
    "From an edited line of config to the end of the update, when the new pod is ready. Each time the model is one that no cache has seen.",
    table(
      ["a new model by", "seconds", "÷ `helm upgrade`", "÷ that and an update without a change"],
      rows,
    ),
    "The last column compares with `helm upgrade` and, besides, an update by the minimal program in which nothing changes, of the same round.",
    "![From an edited line to pods that serve the new model](../bench/program/results/program.svg)",
  ].join("\n\n");
}

/** Against the work of Helm and what Pulumi takes for itself. */
function overBoth(rounds: readonly NewModelsRound[], way: Way): string {
  const known = rounds.flatMap((round) => {
    const pulumi = round["no change"];
    return pulumi === undefined ? [] : [round[way] / (round["helm upgrade"] + pulumi)];
  });
  return known.length === 0 || way === "helm upgrade" ? "" : both(known, 2);
}

const [width, left, bar, gap] = [720, 300, 22, 10];

/** The ways to a new model as bars. */
export function plot({ newModels = [] }: Results): string {
  const values = (Object.keys(wayTitles) as Way[]).map(
    (way) =>
      [wayTitles[way].replaceAll("`", ""), median(newModels.map((round) => round[way]))] as const,
  );
  const largest = Math.max(...values.map(([, value]) => value));
  const bars = values.flatMap(([title, value], index) => {
    const top = 40 + index * (bar + gap);
    const length = Math.max(2, (value / largest) * (width - left - 70));
    const color = index === 0 ? "#9ca3af" : "#2563eb";
    return [
      `<text x="${left - 8}" y="${top + 16}" text-anchor="end">${title}</text>`,
      `<rect x="${left}" y="${top}" width="${length.toFixed(1)}" height="${bar}" fill="${color}"/>`,
      `<text x="${(left + length + 6).toFixed(1)}" y="${top + 16}">${value.toFixed(1)} s</text>`,
    ];
  });
  const height = values.length * (bar + gap) + 50;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    '<text x="10" y="22" font-weight="bold">From an edited line to pods that serve the new model</text>',
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

export function readResults(folder: string): Results {
  return JSON.parse(fs.readFileSync(path.join(folder, "program.json"), "utf8")) as Results;
}

/** Writes the plot beside the raw results; the tables go into the docs by `make generate`. */
export function report(folder: string): void {
  const results = readResults(folder);
  if (results.newModels !== undefined) {
    fs.writeFileSync(path.join(folder, "program.svg"), plot(results));
  }
}
