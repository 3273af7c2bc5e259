import { createRequire } from "node:module";

export interface Finding {
  name: string;
  /** "optional": not there, and not needed */
  state: "ok" | "optional" | "failed";
  detail: string;
  cure?: string;
  /** of a device that was tried */
  measured?: {
    /** the largest difference from float64: nats, or shares of the largest gradient */
    difference: number;
    gflops: number;
    tokens_per_s: number;
    /** of an ONNX Runtime provider: operators that were computed on the processor instead, and how often */
    on_processor?: Record<string, number>;
  };
}

/** The installed version of a package, or null where there is none. */
export function versionOf(name: string): string | null {
  const require = createRequire(import.meta.url);
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "MODULE_NOT_FOUND") return null;
    // there, but its package.json is not for others to read
    if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return "version unknown";
    throw error;
  }
}
