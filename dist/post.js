import { i as getState } from "./core.js";
import { rm } from "node:fs/promises";

// action/post.ts
const directory = getState("docker-config");
if (directory !== "") await rm(directory, {
	recursive: true,
	force: true
});

export {  };