import { a as getInput, h as rmRF, o as getState } from "./core.js";

// action/post.ts
const directory = getState("docker-config");
if (directory !== "") await rmRF(directory);
if (getState("github-deployment") !== "") {
	const { endUnended } = await import("./github-deployment2.js");
	await endUnended(getInput("github-token"));
}

export {  };