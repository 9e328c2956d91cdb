import { o as getInput, s as getState } from "./core.js";
import { r as removeLeftDocker } from "./login.js";

// action/post.ts
await removeLeftDocker();
if (getState("github-deployment") !== "") {
	const { endUnended } = await import("./github-deployment2.js");
	await endUnended(getInput("github-token"));
}
if (getState("release") !== "") {
	const { reportLeft } = await import("./several-state2.js");
	await reportLeft();
}

export {  };