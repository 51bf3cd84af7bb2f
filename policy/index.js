// Pulumi would type-check the pack at each start, for longer than the pack runs; `make lint` does it.
const fs = require("node:fs");
const { ModuleKind, ScriptTarget, transpileModule } = require("typescript");

const compilerOptions = {
  module: ModuleKind.CommonJS,
  target: ScriptTarget.ES2022,
  esModuleInterop: true,
  inlineSourceMap: true,
};

require.extensions[".ts"] = (module, fileName) => {
  const source = fs.readFileSync(fileName, "utf8");
  module._compile(transpileModule(source, { compilerOptions, fileName }).outputText, fileName);
};

// The SDK takes the version of a pack from the folder it is started in, which is the program's.
const program = process.cwd();
process.chdir(__dirname);
require("./pack");
process.chdir(program);
