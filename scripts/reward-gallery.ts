import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { galleryPage } from "../rewards/workbench/gallery.ts";

/** Writes docs/reward-gallery.md from the rewards' definitions: npm run docs:rewards. A test holds the page against them. */
const page = fileURLToPath(new URL("../docs/reward-gallery.md", import.meta.url));
await writeFile(page, await galleryPage());
console.log(`wrote ${page}`);
