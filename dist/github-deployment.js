import { a as print, i as getState, l as setSecret, n as annotate, o as saveState, r as endGroup, u as startGroup } from "./runner.js";
import http from "node:http";
import https from "node:https";

// protocol/read-body.ts
/** Of an answer that is refused for its length; it was read no further. */
var BodyTooLong = class extends Error {
	constructor(maxBytes) {
		super(`the answer is longer than ${maxBytes} bytes`);
		this.name = "BodyTooLong";
	}
};
/**
* Reads a body whole. Bytes are counted as they come, after any decompression, and past `maxBytes` the stream is ended, which closes
* its connection: whoever sends without end costs so much memory and no more. Throws `BodyTooLong`.
*/
async function readWhole(body, maxBytes) {
	const { bytes, isWhole } = await readUpTo(body, maxBytes);
	if (!isWhole) throw new BodyTooLong(maxBytes);
	return bytes;
}
/** As `readWhole`, as UTF-8. */
const readText$1 = async (body, maxBytes) => new TextDecoder().decode(await readWhole(body, maxBytes));
/** The beginning of a body, as UTF-8, for people: the rest is not read. */
async function readBeginning(body, maxBytes) {
	const { bytes } = await readUpTo(body, maxBytes);
	return new TextDecoder().decode(bytes, { stream: true });
}
async function readUpTo(body, maxBytes) {
	const chunks = [];
	let size = 0;
	for await (const chunk of body ?? []) {
		const room = maxBytes - size;
		chunks.push(chunk.subarray(0, room));
		size += Math.min(chunk.byteLength, room);
		if (chunk.byteLength > room) return {
			bytes: joined(chunks, size),
			isWhole: false
		};
	}
	return {
		bytes: joined(chunks, size),
		isWhole: true
	};
}
function joined(chunks, size) {
	const bytes = new Uint8Array(size);
	let at = 0;
	for (const chunk of chunks) {
		bytes.set(chunk, at);
		at += chunk.byteLength;
	}
	return bytes;
}

// action/http.ts
/** Longest answer that is read whole, in bytes. */
const MAX_TEXT_BYTES = 4194304;
/**
* One request, through the proxy of `HTTPS_PROXY` and `NO_PROXY` where they are set. It follows no redirect: what was
* signed is for one address. Rejects with Node's own network errors.
*/
const send = (url, request) => new Promise((resolve, reject) => {
	const target = new URL(url);
	const { request: open, Agent } = target.protocol === "https:" ? https : http;
	const outgoing = open(target, {
		method: request.method,
		headers: {
			"user-agent": "deploy-action",
			...request.headers
		},
		agent: new Agent({ proxyEnv: process.env }),
		...request.signal && { signal: request.signal }
	});
	const timer = setTimeout(() => {
		const error = /* @__PURE__ */ new Error(`no answer within ${request.answerTimeoutMs / 1e3} s`);
		outgoing.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
	}, request.answerTimeoutMs);
	outgoing.on("close", () => clearTimeout(timer));
	outgoing.on("error", reject);
	outgoing.on("response", (body) => {
		clearTimeout(timer);
		resolve({
			status: body.statusCode ?? 0,
			headers: body.headers,
			body
		});
	});
	outgoing.end(request.body);
});
/** The answer's whole body; rejects when it is longer than 4 MiB. */
const readText = ({ body }) => readText$1(body, MAX_TEXT_BYTES);
const CERTIFICATE_CODES = /* @__PURE__ */ new Set([
	"CERT_HAS_EXPIRED",
	"CERT_NOT_YET_VALID",
	"DEPTH_ZERO_SELF_SIGNED_CERT",
	"SELF_SIGNED_CERT_IN_CHAIN",
	"UNABLE_TO_GET_ISSUER_CERT",
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
	"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
	"ERR_TLS_CERT_ALTNAME_INVALID"
]);
/** Whether a failed request may succeed when it is made again: a wrong certificate stays wrong. */
const isPassing = (error) => {
	if (error instanceof BodyTooLong) return false;
	const code = codeOf(error);
	return !CERTIFICATE_CODES.has(code) && code !== "EPROTO" && !code.startsWith("ERR_SSL");
};
/** Why a host could not be reached, and what to do, for people. */
const explainNetworkError = (error, url) => {
	const { host, hostname } = new URL(url);
	if (error instanceof BodyTooLong) return {
		why: `${host} sends too much: ${error.message}`,
		hint: "Check that url is the one that is meant: something else answers there."
	};
	const code = codeOf(error);
	const message = error instanceof Error ? error.message || code : String(error);
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") return {
		why: `the name ${hostname} does not resolve (${code})`,
		hint: "Check the spelling of url and the DNS record of the host."
	};
	if (CERTIFICATE_CODES.has(code)) return {
		why: `the TLS certificate of ${host} is not accepted: ${message} (${code})`,
		hint: "Give the host a certificate for this name from a public authority, or set NODE_EXTRA_CA_CERTS in the job to the file of your own."
	};
	if (code === "EPROTO" || code.startsWith("ERR_SSL")) return {
		why: `${host} does not speak TLS there: ${message}`,
		hint: "Check the port and the scheme (http or https) of url."
	};
	return {
		why: `${host} cannot be reached: ${message}`,
		hint: "Check that the receiver and its Nginx run, and that the firewall lets this runner in."
	};
};
const codeOf = (error) => {
	if (error instanceof AggregateError) return codeOf(error.errors[0]);
	const code = error?.code;
	return typeof code === "string" ? code : "";
};

// action/log.ts
/**
* Prints text to the job's log, line by line. Whatever it holds (a container's log, a server's words) stays text: it
* can end no line early and issue no workflow command.
*/
const say = (text) => {
	for (const line of plainLines(text)) print(line);
};
/** Prints text like {@link say}, folded under a title. */
const sayFolded = (title, lines) => {
	startGroup(plainLines(title).join(" "));
	for (const line of lines) say(line);
	endGroup();
};
/** A warning with an annotation. */
const warn = (text) => annotate("warning", plainLines(text).join("\n"));
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

// protocol/registries/answers.ts
const MAX_SHOWN = 300;
/** So much of an answer that is an error is read; the rest is not. */
const MAX_REASON_BYTES = 2048;
/** What a service that gives credentials says went wrong, out of the beginning of its JSON or XML, on one line. */
const reasonOf = (answer) => {
	const text = answer.slice(0, MAX_REASON_BYTES);
	const line = (/"(?:error_description|message|Message|detail)"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? text).replace(/(?:\\[rn]|\s)+/g, " ").trim();
	if (line.length > MAX_SHOWN) return `${line.slice(0, MAX_SHOWN)}…`;
	return line === "" ? "nothing" : answer.length < 2048 ? line : `${line}…`;
};
/** A form's body, and its header. */
const form = (values) => new URLSearchParams(values).toString();
const FORM = { "content-type": "application/x-www-form-urlencoded" };

// action/github-deployment.ts
const ANSWER_TIMEOUT_MS = 15e3;
const MAX_DESCRIPTION = 140;
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
	const statuses = (await call(`${run.apiUrl}/repos/${run.repository}/deployments`, token, environment, {
		ref: run.sha,
		environment,
		description: shorten(image === "" ? "a rollback" : image),
		auto_merge: false,
		required_contexts: []
	}))?.["statuses_url"];
	if (typeof statuses !== "string" || !statuses.startsWith(`${run.apiUrl}/`)) return void 0;
	const begun = {
		statuses,
		logUrl: run.runUrl,
		environment
	};
	saveState(STATE, JSON.stringify(begun));
	const deployment = resume(begun, token);
	await deployment.set({
		state: "in_progress",
		description: "the deployment was sent"
	});
	say(`GitHub deployment in the environment ${environment}: in progress`);
	return deployment;
};
/** The deployment that this process or an earlier one began. */
const resume = ({ statuses, logUrl, environment }, token) => ({ async set({ state, description, url }) {
	await call(statuses, token, environment, {
		state,
		description: shorten(description),
		...logUrl !== "" && { log_url: logUrl },
		...url !== void 0 && { environment_url: url }
	});
	if (state !== "in_progress") saveState(STATE, "");
} });
/** Ends what the main step left unended, in the post step. */
const endUnended = async (token) => {
	const left = JSON.parse(getState(STATE));
	await resume(left, token).set({
		state: "error",
		description: "the job was killed while it followed; the deployment goes on by itself"
	});
};
/** Resolves to the answer, or to nothing after a warning. */
async function call(url, token, environment, body) {
	const bytes = Buffer.from(JSON.stringify(body));
	try {
		const answer = await send(url, {
			method: "POST",
			headers: {
				accept: "application/vnd.github+json",
				"x-github-api-version": "2022-11-28",
				authorization: `Bearer ${token}`,
				"content-type": "application/json",
				"content-length": String(bytes.length)
			},
			body: bytes,
			answerTimeoutMs: ANSWER_TIMEOUT_MS,
			signal: AbortSignal.timeout(2 * ANSWER_TIMEOUT_MS)
		});
		const text = await readText(answer);
		if (answer.status === 201) return JSON.parse(text);
		warn(`environment ${environment}: ${refusal(answer.status, text)}`);
	} catch (error) {
		warn(`environment ${environment}: no GitHub deployment: ${explainNetworkError(error, url).why}`);
	}
}
function refusal(status, text) {
	const said = /"message"\s*:\s*"([^"]*)"/.exec(text.slice(0, 2048))?.[1] ?? "";
	if (status === 403 || status === 404) return `GitHub does not let this job report the deployment (${status} ${said}): add "permissions: { deployments: write }" to it. The deploy itself goes on.`;
	return `GitHub answered ${status} ${said}; the deploy itself goes on`;
}
function shorten(text) {
	const line = plainLines(text)[0] ?? "";
	return line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, 139)}…`;
}

export { form as a, plainLines as c, warn as d, explainNetworkError as f, readBeginning as g, send as h, MAX_REASON_BYTES as i, say as l, readText as m, endUnended as n, reasonOf as o, isPassing as p, FORM as r, hide as s, createGithubDeployment as t, sayFolded as u };