import { i as getState } from "./runner.js";
import { rm } from "node:fs/promises";

// action/post.ts
const directory = getState("docker-config");
if (directory !== "") await rm(directory, {
	recursive: true,
	force: true
});
if (getState("github-deployment") !== "") {
	const { endUnended } = await import("./github-deployment2.js");
	await endUnended(process.env["INPUT_GITHUB-TOKEN"] ?? "");
}

export {  };