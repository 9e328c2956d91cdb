import { c as saveState, d as setSecret, f as startGroup, n as endGroup, o as getState, p as warning, s as info } from "./core.js";

// action/log.ts
/**
* Prints text to the job's log, line by line. Whatever it holds (a container's log, a server's words) stays text: it
* can end no line early and issue no workflow command.
*/
const say = (text) => {
	for (const line of plainLines(text)) info(line);
};
/** Prints text like {@link say}, folded under a title. */
const sayFolded = (title, lines) => {
	startGroup(plainLines(title).join(" "));
	for (const line of lines) say(line);
	endGroup();
};
/** A warning with an annotation. */
const warn = (text) => warning(plainLines(text).join("\n"));
/** Hides a secret, and each form in which it travels, from everything printed afterwards. */
const hide = (...secrets) => {
	for (const secret of secrets) if (secret !== void 0 && secret !== "") setSecret(secret);
};
/**
* Lines that the runner takes for no command. It reads `::name::` at a line's start, after white space, and
* `##[name]` anywhere in a line; a zero-width space breaks both and changes nothing for the reader. A carriage return
* ends a line for the runner too, and other control characters would let a text repaint what was printed before.
*/
const plainLines = (text) => text.split(/\r\n|\r|\n|\u2028|\u2029|\u0085/).map((line) => line.replace(/\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "").replaceAll("##[", "##​[").replace(/^(\s*)::/, "$1​::"));

// action/github-deployment.ts
/** Longest that one thing is tried for, all repetitions together. */
const DEADLINE_MS = 6e4;
const MAX_DESCRIPTION = 140;
/** Of GitHub's own words in a warning, in characters. */
const MAX_REASON = 300;
const STATE = "github-deployment";
/**
* Creates a GitHub deployment of this run's commit in an environment, without merging anything and without waiting for
* checks. `undefined`, with a warning that says why, when it cannot be had.
*/
const createGithubDeployment = async ({ environment, token, image }, run) => {
	if (environment === "") return void 0;
	if (token === "" || run.repository === "" || run.sha === "") {
		warn(`environment ${environment}: no GitHub deployment, for there is no github-token or no commit`);
		return;
	}
	const [owner = "", repo = ""] = run.repository.split("/");
	const octokit = await connect(token);
	const id = await call(environment, async (signal) => {
		const { data } = await octokit.repos.createDeployment({
			owner,
			repo,
			ref: run.sha,
			environment,
			description: shorten(image === "" ? "a rollback" : image),
			auto_merge: false,
			required_contexts: [],
			request: { signal }
		});
		if (!("id" in data)) throw new Error(data.message ?? "it answered without an id");
		return data.id;
	});
	if (id === void 0) return void 0;
	const begun = {
		owner,
		repo,
		id,
		logUrl: run.runUrl,
		environment
	};
	saveState(STATE, JSON.stringify(begun));
	const deployment = resume(begun, octokit);
	deployment.set({
		state: "in_progress",
		description: "the deployment was sent"
	});
	return deployment;
};
/** The deployment that this process or an earlier one began. What is told of it comes in order. */
const resume = (begun, octokit) => {
	let told = Promise.resolve();
	return { set: (news) => told = told.then(() => tell(news, begun, octokit)) };
};
async function tell(news, begun, octokit) {
	const { owner, repo, id, logUrl, environment } = begun;
	const { state, description, url } = news;
	const isTold = await call(environment, async (signal) => {
		await octokit.repos.createDeploymentStatus({
			owner,
			repo,
			deployment_id: id,
			state,
			description: shorten(description),
			...logUrl !== "" && { log_url: logUrl },
			...url !== void 0 && { environment_url: url },
			request: { signal }
		});
		return true;
	});
	if (isTold) say(`GitHub deployment in the environment ${environment}: ${state}`);
	if (state !== "in_progress") saveState(STATE, isTold ? "" : JSON.stringify({
		...begun,
		news
	}));
}
/** Ends what the main step left unended, in the post step. */
const endUnended = async (token) => {
	const { news, ...begun } = JSON.parse(getState(STATE));
	await resume(begun, await connect(token)).set(news ?? {
		state: "error",
		description: "the job was killed while it followed; the deployment goes on by itself"
	});
};
/** A run without an environment loads nothing of it. */
const connect = async (token) => (await import("./octokit.js")).createOctokit(token);
/** Resolves to what the work gives, or to nothing after a warning. */
async function call(environment, work) {
	const late = new AbortController();
	const timer = setTimeout(() => late.abort(), DEADLINE_MS);
	try {
		return await work(late.signal);
	} catch (error) {
		warn(`environment ${environment}: ${refusal(error)}`);
		return;
	} finally {
		clearTimeout(timer);
	}
}
function refusal({ status, message }) {
	const said = (plainLines(message)[0] ?? "").slice(0, MAX_REASON);
	if (status === 403 || status === 404) return `GitHub does not let this job report the deployment (${status} ${said}): add "permissions: { deployments: write }" to it. The deploy itself goes on.`;
	return `GitHub was not told of the deployment (${status ?? "no answer"}: ${said}); the deploy itself goes on`;
}
function shorten(text) {
	const line = plainLines(text)[0] ?? "";
	return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, 139)}…`;
}

export { say as a, plainLines as i, endUnended as n, sayFolded as o, hide as r, warn as s, createGithubDeployment as t };