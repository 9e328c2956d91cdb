import { _ as rmRF, o as getInput, s as getState } from "./core.js";

// action/post.ts
const directory = getState("docker-config");
if (directory !== "") await rmRF(directory);
if (getState("github-deployment") !== "") {
	const { endUnended } = await import("./github-deployment.js");
	await endUnended(getInput("github-token"));
}

export {  };