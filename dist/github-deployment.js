import { s as getState, u as saveState } from "./core.js";
import { a as say, c as warn, i as plainLines } from "./log.js";
import { once } from "node:events";

// action/ask-github.ts
/** Longest that one thing is tried for, all repetitions together. */
const DEADLINE_MS = 6e4;
/** Of GitHub's own words in a warning, in characters. */
const MAX_REASON = 300;
/** A run that asks GitHub for nothing loads nothing of it. */
const connect = async (token) => (await import("./octokit.js")).createOctokit(token);
/**
* Resolves to what the work gives, or to nothing after a warning. Octokit's pauses between two tries know no signal, so that
* the work is not waited for once it has to end.
* @param limits `cancelled` rejects with its reason; without it the work goes on when the job is cancelled
*/
const askGithub = async (matter, work, { cancelled, deadlineMs = DEADLINE_MS } = {}) => {
	const late = new AbortController();
	const timer = setTimeout(() => late.abort(), deadlineMs);
	const ended = AbortSignal.any([late.signal, ...cancelled ? [cancelled] : []]);
	try {
		ended.throwIfAborted();
		return await Promise.race([work(ended), rejectOn(ended)]);
	} catch (error) {
		cancelled?.throwIfAborted();
		const { tell = warn } = matter;
		tell(`${matter.about}: ${refusal(error, matter)}`);
		return;
	} finally {
		clearTimeout(timer);
	}
};
const rejectOn = async (signal) => {
	await once(signal, "abort");
	throw signal.reason;
};
function refusal({ status, message }, { act, permission }) {
	const said = (plainLines(message)[0] ?? "").slice(0, MAX_REASON);
	if (status === 403 || status === 404) return `GitHub does not let this job ${act} (${status} ${said}): add "permissions: { ${permission} }" to it. All else goes on.`;
	return `this job could not ${act} (${status ?? "no answer"}: ${said}); all else goes on`;
}

// action/github-deployment.ts
const MAX_DESCRIPTION = 140;
const STATE = "github-deployment";
const matterOf = (environment) => ({
	about: `environment ${environment}`,
	act: "report the deployment",
	permission: "deployments: write"
});
/**
* Creates a GitHub deployment of this run's commit in an environment, without merging anything and without waiting for
* checks; for a preview it is of the pull request's head, where GitHub shows it. `undefined`, with a warning that says why, when it
* cannot be had. Rejects when the job is cancelled.
*/
const createGithubDeployment = async ({ environment, token, image, task }, run, cancelled) => {
	if (environment === "") return void 0;
	if (token === "" || run.repository === "" || run.sha === "") {
		warn(`environment ${environment}: no GitHub deployment, for there is no github-token or no commit`);
		return;
	}
	const [owner = "", repo = ""] = run.repository.split("/");
	const octokit = await connect(token);
	const id = await askGithub(matterOf(environment), async (signal) => {
		const { data } = await octokit.repos.createDeployment({
			owner,
			repo,
			ref: (task === void 0 ? void 0 : run.payload.pull_request?.head?.sha) ?? run.sha,
			environment,
			description: shorten(image === "" ? "a rollback" : image),
			auto_merge: false,
			required_contexts: [],
			...task !== void 0 && {
				task,
				transient_environment: true,
				production_environment: false
			},
			request: { signal }
		});
		if (!("id" in data)) throw new Error(data.message ?? "it answered without an id");
		return data.id;
	}, { cancelled });
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
		description: "the deployment was sent",
		isBegin: true
	});
	return deployment;
};
/** The deployment that this process or an earlier one began. What is told of it comes in order. */
const resume = (begun, octokit) => {
	let told = Promise.resolve();
	return {
		id: begun.id,
		set: (news) => told = told.then(() => tell(news, begun, octokit))
	};
};
async function tell(news, begun, octokit) {
	const { owner, repo, id, logUrl, environment } = begun;
	const { state, description, url, isBegin } = news;
	const isTold = await askGithub(matterOf(environment), async (signal) => {
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
	if (isBegin !== true) saveState(STATE, isTold ? "" : JSON.stringify({
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
function shorten(text) {
	const line = plainLines(text)[0] ?? "";
	return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, 139)}…`;
}

export { connect as i, endUnended as n, askGithub as r, createGithubDeployment as t };