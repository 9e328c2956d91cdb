import { a as getIDToken, d as setFailed, f as setOutput, g as exec, o as getInput, y as which } from "./core.js";
import { n as ActionError, r as describeError } from "./error.js";
import { a as asksForPush, c as readBuildInputs, d as parseLines, f as parseList, i as readReference, l as formatFields, n as parseRule, o as isPushed, r as planPush, s as makesImage, t as parseAttributes, u as parseFields } from "./rules.js";
import { n as parseImage$1, r as shortDigest, t as formatImage } from "./image-reference.js";
import { a as say, c as warn, i as plainLines, n as hide, r as note, s as sayingOf, t as debug } from "./log.js";
import { A as explainNetworkError, B as tupleWithRest, C as MAX_DURATION_MS, D as Deployment, E as Accepted, F as optional, H as unknown, I as parseJson$1, L as pipe, M as is, N as number, O as readText, P as object, R as safeParse, S as rejected, T as showDuration, V as union, _ as endedWell, a as reportBuild, b as standingOf, c as reportMetadata, d as link, f as row, g as endedAs, h as resultsOf, i as askAgain, j as isPassing, k as send, l as code, m as partsOf$2, n as nothingForPost, o as reportEnd, p as table, s as reportFailure, t as keepForPost, u as escape, v as environmentUrl, w as parseDuration, x as follow, y as countsOf, z as string } from "./several-state.js";
import { n as readBeginning } from "./read-body.js";
import { i as registryHost, n as removeDocker, t as prepareDocker } from "./login.js";
import { i as connect, r as askGithub, t as createGithubDeployment } from "./github-deployment.js";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { homedir } from "node:os";
import { createHash, createHmac, createPrivateKey, createPublicKey, createSecretKey, randomUUID, sign } from "node:crypto";

// action/attestations.ts
/** The receiver takes no more than this many. */
const MOST = 8;
/**
* Reads Sigstore bundles from files that hold one, or one a line (as `actions/attest-build-provenance` leaves them in
* its output `bundle-path`).
* @throws ActionError `bad_input`, naming the file.
*/
const readAttestations = (files) => {
	const bundles = files.flatMap(readBundles);
	if (bundles.length <= MOST) return bundles;
	throw new ActionError("bad_input", `input attestations: ${bundles.length} bundles`, { hint: `A hook takes ${MOST} at most; those in the registry need not be sent.` });
};
function readBundles(file) {
	let text;
	try {
		text = readFileSync(file, "utf8");
	} catch (cause) {
		throw new ActionError("bad_input", `input attestations: ${file} cannot be read`, {
			hint: "Give the bundle-path output of the step that attested: ${{ steps.attest.outputs.bundle-path }}.",
			cause
		});
	}
	const bundles = parse(text) ?? text.split("\n").flatMap((line) => parse(line) ?? []);
	const lines = text.split("\n").filter((line) => line.trim() !== "");
	if (bundles.length > 0 && (bundles.length === 1 || bundles.length === lines.length)) return bundles;
	throw new ActionError("bad_input", `input attestations: ${file} holds no Sigstore bundle`, { hint: "It has to be JSON, whole or one bundle a line." });
}
function parse(text) {
	try {
		return [JSON.parse(text)];
	} catch {
		return;
	}
}

// protocol/trailing-slash.ts
/** A URL or a path that more can be appended to, as in `${withoutTrailingSlash(base)}/path`; however many it ends with. */
function withoutTrailingSlash(text) {
	let end = text.length;
	while (text[end - 1] === "/") end -= 1;
	return text.slice(0, end);
}

// action/context.ts
/**
* The toolkit's own reading of the run. It reads when it is loaded, so a payload that is not JSON stops it there.
* @throws ActionError `bad_environment`.
*/
const loadGithubContext = async () => {
	try {
		const { context: github } = await import("./github.js");
		return github;
	} catch (cause) {
		const path = process.env["GITHUB_EVENT_PATH"] ?? "";
		throw new ActionError("bad_environment", `the event's payload ${path} cannot be read`, {
			hint: "GITHUB_EVENT_PATH has to name the JSON file that the runner wrote; leave the variable as it is.",
			cause
		});
	}
};
/** The run as the toolkit tells it, with what it leaves out: the base branch and `RUNNER_TEMP`. */
const readContext = (github, env) => {
	const { eventName = "", ref = "", actor = "", sha = "" } = github;
	const payload = github.payload ?? {};
	const repository = repositoryOf(github);
	const serverUrl = withoutTrailingSlash(github.serverUrl);
	const runId = Number.isNaN(github.runId) ? "" : String(github.runId);
	const runAttempt = Number.isNaN(github.runAttempt) ? "1" : String(github.runAttempt);
	const pullRequest = eventName.startsWith("pull_request") ? payload.pull_request?.number : void 0;
	return Object.freeze({
		repository,
		ref,
		sha,
		eventName,
		actor,
		runId,
		runAttempt,
		job: github.job ?? "",
		step: github.action ?? "",
		hasOwnRunIds: env["ACT"] !== "true",
		serverUrl,
		apiUrl: withoutTrailingSlash(github.apiUrl),
		runUrl: repository === "" || runId === "" ? "" : `${serverUrl}/${repository}/actions/runs/${runId}/attempts/${runAttempt}`,
		...pullRequest !== void 0 && { pullRequest },
		defaultBranch: payload.repository?.default_branch ?? branchOfSchedule(eventName, ref),
		baseRef: env["GITHUB_BASE_REF"] ?? "",
		...readCommitDate(payload, sha),
		...runAttempt === "1" && readEventDate(eventName, payload),
		message: firstLine(payload.head_commit?.message ?? payload.pull_request?.title),
		description: firstLine(payload.repository?.description),
		license: payload.repository?.license?.spdx_id ?? "",
		temporary: env["RUNNER_TEMP"] ?? "",
		payload
	});
};
/** It throws where neither the environment nor the payload names one. */
function repositoryOf(github) {
	try {
		return `${github.repo.owner}/${github.repo.repo}`;
	} catch {
		return "";
	}
}
/** A schedule runs on the default branch only, and its payload does not name that branch. */
const branchOfSchedule = (eventName, ref) => eventName === "schedule" ? ref.replace(/^refs\/heads\//, "") : "";
/** Other commits of the push have other dates. */
function readCommitDate(payload, sha) {
	const known = [...payload.commits ?? [], payload.head_commit].find((one) => one?.id === sha);
	const date = new Date(known?.timestamp ?? "");
	return Number.isNaN(date.getTime()) ? {} : { committedAt: date };
}
/** Of other events the payload has no time of their own. */
function readEventDate(eventName, payload) {
	const { pull_request: pullRequest, repository } = payload;
	const pushed = eventName === "push" ? repository?.pushed_at : void 0;
	const said = typeof pushed === "number" ? pushed * 1e3 : pushed ?? pullRequest?.updated_at;
	const date = new Date(said ?? "");
	return Number.isNaN(date.getTime()) ? {} : { happenedAt: date };
}
const firstLine = (text) => (text ?? "").trim().replace(/[\r\n][^]*/, "").slice(0, 1e3);

// action/attest-arguments.ts
/**
* `--attest …` of the inputs `provenance`, `sbom` and `attests`, of which the first two go before an attestation of their kind
* among the third. Provenance that nobody asked for is off: buildx would add it, and the digest would be that of an index.
* @param runUrl stands in the provenance as its builder's id, where none is given; `''` for none
*/
const attestArguments = ({ provenance, sbom, attests }, runUrl) => {
	const isOf = (type) => (attest) => fieldsOf(attest).includes(`type=${type}`);
	const isProvenance = isOf("provenance");
	const isSbom = isOf("sbom");
	const given = attests.map((attest) => isProvenance(attest) ? withBuilder(fieldsOf(attest), runUrl) : fieldsOf(attest));
	const rest = attests.flatMap((attest, index) => {
		return provenance !== "" && isProvenance(attest) || sbom !== "" && isSbom(attest) ? [] : [given[index] ?? []];
	});
	return [
		...provenance === "" && !attests.some(isProvenance) ? [["type=provenance", "disabled=true"]] : [],
		...provenance === "" ? [] : [provenanceOf(provenance, runUrl)],
		...sbom === "" ? [] : [["type=sbom", ...fieldsOf(sbom)]],
		...rest
	].flatMap((fields) => ["--attest", formatFields(fields)]);
};
function provenanceOf(text, runUrl) {
	const [only = "", ...more] = fieldsOf(text);
	if (more.length > 0 || only !== "disabled=false") return only === "disabled=true" ? ["type=provenance", only] : withBuilder([
		"type=provenance",
		only,
		...more
	], runUrl);
	return runUrl === "" ? ["type=provenance", only] : ["type=provenance", `builder-id=${runUrl}`];
}
const withBuilder = (fields, runUrl) => runUrl === "" || fields.some((field) => field.startsWith("builder-id=")) ? [...fields] : [...fields, `builder-id=${runUrl}`];
/** A boolean alone says whether it is wanted, as buildx reads it. */
const fieldsOf = (text) => parseFields(text, "attests").map((field) => {
	const word = field.trim();
	if (/^(?:1|t|true)$/i.test(word)) return "disabled=false";
	return /^(?:0|f|false)$/i.test(word) ? "disabled=true" : word;
});

// action/build-secrets.ts
/** A line shorter than this is no secret, and to mask it would cross out `1`, `true` or `}` all over the log. */
const MIN_MASKED_CHARACTERS = 8;
/**
* The build's secrets as buildx's `--secret` wants them. Values are written to files of the private directory as they are, so
* that none stands on a command line, and are masked in the log. Variables are not: those that come from the workflow's
* secrets are masked by the runner, and others are none. One that is not there is left out with a warning, which names its id
* alone: what stands behind it may be the secret, where a path or a variable should. A build that needs it fails by itself.
*/
const prepareSecrets = (inputs, directory, env) => [
	...inputs.secrets.flatMap((entry, number) => {
		const [id, value] = split(entry, "secrets") ?? [];
		if (id === void 0 || value === void 0) return [];
		hideLines(value);
		const folder = join(directory, "secrets");
		mkdirSync(folder, {
			recursive: true,
			mode: 448
		});
		const file = join(folder, String(number));
		writeFileSync(file, value, {
			mode: 384,
			flag: "wx"
		});
		return formatFields([`id=${id}`, `src=${file}`]);
	}),
	...inputs.secretFiles.flatMap((entry) => {
		const [id, file] = split(entry, "secret-files") ?? [];
		if (id === void 0 || file === void 0) return [];
		if (existsSync(file)) return formatFields([`id=${id}`, `src=${file}`]);
		leaveOut(`secret-files: the file that ${id} names is not there`);
		return [];
	}),
	...inputs.secretEnvs.flatMap((entry) => {
		const [id, name] = split(entry, "secret-envs") ?? [];
		if (id === void 0 || name === void 0) return [];
		if (env[name] !== void 0) return formatFields([`id=${id}`, `env=${name}`]);
		leaveOut(`secret-envs: the variable that ${id} names is not set under env: of this step (NAME: \${{ secrets.… }})`);
		return [];
	})
];
/** The ids that the workflow gives a secret, whichever way. */
const secretIds = ({ secrets, secretFiles, secretEnvs }) => [
	...secrets,
	...secretFiles,
	...secretEnvs
].map(idOf);
/** The toolkit would mask each line of a value, be it but a bracket. */
function hideLines(value) {
	const lines = value.split(/\r\n|\n|\r/).map((line) => line.trim());
	hide(...lines.filter((line) => line.length >= MIN_MASKED_CHARACTERS));
}
const FORMS = {
	secrets: "id=value",
	"secret-files": "id=path",
	"secret-envs": "id=VARIABLE"
};
function split(entry, input) {
	const [id, value] = [idOf(entry), entry.slice(entry.indexOf("=") + 1)];
	if (id !== "" && value.trim() !== "") return [id, value];
	if (id !== "") leaveOut(`${input}: ${id} is empty, for what it is made of is not set`);
	else leaveOut(`${input}: one of its lines is not ${FORMS[input]}. A value with line ends stands in quotes: "id=…"`);
}
const idOf = (entry) => entry.slice(0, Math.max(entry.indexOf("="), 0)).trim();
const leaveOut = (what) => warn(`input ${what}; the build goes on without it`);

// action/git-token.ts
/** Environment variable by which the token reaches BuildKit: a command line would show it. */
const GIT_TOKEN_VARIABLE = "DEPLOY_ACTION_GIT_TOKEN";
/**
* The workflow's token, for a build whose context is the workflow's own repository by URL; undefined for every other
* context, which the token is none of the business of, and where the workflow gives a secret for Git itself: BuildKit takes one of
* a host's own first, so that this one would go before it.
*/
const gitToken = (inputs, run) => {
	const own = `${run.serverUrl}/${run.repository}`;
	if (!(inputs.context.startsWith(own) && /^(?:\.git)?(?:[#?]|$)/.test(inputs.context.slice(own.length))) || run.repository === "" || inputs.githubToken === "") return void 0;
	const { host } = new URL(run.serverUrl);
	const given = new Set(secretIds(inputs));
	if (["GIT_AUTH_TOKEN", "GIT_AUTH_HEADER"].flatMap((id) => [id, `${id}.${host}`]).some((id) => given.has(id))) return void 0;
	return {
		host,
		value: inputs.githubToken
	};
};

// action/build-arguments.ts
/** `docker buildx build …`, which leaves what came of it in the metadata file. */
const buildxArguments = (options, metadataFile) => [
	"buildx",
	"build",
	...one("--builder", options.builder),
	...one("--call", options.call),
	...isPushed(options) ? ["--push"] : [],
	...makesImage(options) && options.load ? ["--load"] : [],
	...makesImage(options) ? each("--output", options.outputs) : [],
	"--metadata-file",
	metadataFile,
	...commonArguments(options),
	...each("--annotation", options.annotations),
	...options.platforms.length > 0 ? ["--platform", options.platforms.join(",")] : [],
	...each("--build-context", options.buildContexts),
	...each("--secret", options.secrets),
	...each("--ssh", options.ssh),
	...each("--allow", options.allow),
	...each("--no-cache-filter", options.noCacheFilters),
	...each("--cache-from", options.cacheFrom),
	...each("--cache-to", options.cacheTo.map(ignoringErrors)),
	...attestArguments(options, options.runUrl),
	"--",
	options.context
];
/** `docker build …`, for a Docker without buildx. */
const plainArguments = (options) => [
	"build",
	...commonArguments(options),
	...each("--cache-from", options.cacheFrom),
	"--",
	options.context
];
/** The inputs in use that only buildx knows. */
const needsBuildx = (options) => Object.entries({
	annotations: options.annotations,
	platforms: options.platforms,
	"build-contexts": options.buildContexts,
	"secrets, secret-files or secret-envs": options.secrets.filter((secret) => !secret.endsWith(`,env=${GIT_TOKEN_VARIABLE}`)),
	ssh: options.ssh,
	"cache-from with a type": options.cacheFrom.filter((entry) => entry.includes("=")),
	"cache-to": options.cacheTo,
	provenance: isAskedFor(options.provenance),
	sbom: isAskedFor(options.sbom),
	attests: options.attests,
	outputs: options.outputs,
	builder: options.builder,
	allow: options.allow,
	"no-cache-filters": options.noCacheFilters,
	call: makesImage(options) ? "" : options.call
}).filter(([, value]) => value.length > 0).map(([name]) => name);
const isAskedFor = (attest) => /^false$/i.test(attest) ? "" : attest;
const commonArguments = (options) => [
	...one("--file", options.file),
	...one("--target", options.target),
	...each("--build-arg", options.buildArgs),
	...each("--label", options.labels),
	...each("--tag", options.references),
	...each("--add-host", options.addHosts),
	...one("--network", options.network),
	...one("--shm-size", options.shmSize),
	...each("--ulimit", options.ulimit),
	...one("--cgroup-parent", options.cgroupParent),
	...options.noCache ? ["--no-cache"] : [],
	...options.pull ? ["--pull"] : []
];
const one = (flag, value) => value === "" ? [] : [flag, value];
const each = (flag, values) => values.flatMap((value) => [flag, value]);
/** A cache that cannot be written is no reason to fail a build. `inline` knows no such attribute. */
function ignoringErrors(entry) {
	const fields = parseFields(entry, "cache-to");
	const [first = ""] = fields;
	if (!entry.includes("=")) return `type=registry,ref=${first},ignore-error=true`;
	const has = (start) => fields.some((field) => field.trim().startsWith(start));
	return has("ignore-error=") || has("type=inline") ? entry : `${entry},ignore-error=true`;
}

// node_modules/aws4fetch/dist/aws4fetch.esm.mjs
/**
* @license MIT <https://opensource.org/licenses/MIT>
* @copyright Michael Hart 2024
*/
const encoder$1 = new TextEncoder();
const HOST_SERVICES = {
	appstream2: "appstream",
	cloudhsmv2: "cloudhsm",
	email: "ses",
	marketplace: "aws-marketplace",
	mobile: "AWSMobileHubService",
	pinpoint: "mobiletargeting",
	queue: "sqs",
	"git-codecommit": "codecommit",
	"mturk-requester-sandbox": "mturk-requester",
	"personalize-runtime": "personalize"
};
const UNSIGNABLE_HEADERS = /* @__PURE__ */ new Set([
	"authorization",
	"content-type",
	"content-length",
	"user-agent",
	"presigned-expires",
	"expect",
	"x-amzn-trace-id",
	"range",
	"connection"
]);
var AwsClient = class {
	constructor({ accessKeyId, secretAccessKey, sessionToken, service, region, cache, retries, initRetryMs }) {
		if (accessKeyId == null) throw new TypeError("accessKeyId is a required option");
		if (secretAccessKey == null) throw new TypeError("secretAccessKey is a required option");
		this.accessKeyId = accessKeyId;
		this.secretAccessKey = secretAccessKey;
		this.sessionToken = sessionToken;
		this.service = service;
		this.region = region;
		this.cache = cache || /* @__PURE__ */ new Map();
		this.retries = retries != null ? retries : 10;
		this.initRetryMs = initRetryMs || 50;
	}
	async sign(input, init) {
		if (input instanceof Request) {
			const { method, url, headers, body } = input;
			init = Object.assign({
				method,
				url,
				headers
			}, init);
			if (init.body == null && headers.has("Content-Type")) init.body = body != null && headers.has("X-Amz-Content-Sha256") ? body : await input.clone().arrayBuffer();
			input = url;
		}
		const signer = new AwsV4Signer(Object.assign({ url: input.toString() }, init, this, init && init.aws));
		const signed = Object.assign({}, init, await signer.sign());
		delete signed.aws;
		try {
			return new Request(signed.url.toString(), signed);
		} catch (e) {
			if (e instanceof TypeError) return new Request(signed.url.toString(), Object.assign({ duplex: "half" }, signed));
			throw e;
		}
	}
	async fetch(input, init) {
		for (let i = 0; i <= this.retries; i++) {
			const fetched = fetch(await this.sign(input, init));
			if (i === this.retries) return fetched;
			const res = await fetched;
			if (res.status < 500 && res.status !== 429) return res;
			await new Promise((resolve) => setTimeout(resolve, Math.random() * this.initRetryMs * Math.pow(2, i)));
		}
		throw new Error("An unknown error occurred, ensure retries is not negative");
	}
};
var AwsV4Signer = class {
	constructor({ method, url, headers, body, accessKeyId, secretAccessKey, sessionToken, service, region, cache, datetime, signQuery, appendSessionToken, allHeaders, singleEncode }) {
		if (url == null) throw new TypeError("url is a required option");
		if (accessKeyId == null) throw new TypeError("accessKeyId is a required option");
		if (secretAccessKey == null) throw new TypeError("secretAccessKey is a required option");
		this.method = method || (body ? "POST" : "GET");
		this.url = new URL(url);
		this.headers = new Headers(headers || {});
		this.body = body;
		this.accessKeyId = accessKeyId;
		this.secretAccessKey = secretAccessKey;
		this.sessionToken = sessionToken;
		let guessedService, guessedRegion;
		if (!service || !region) [guessedService, guessedRegion] = guessServiceRegion(this.url, this.headers);
		this.service = service || guessedService || "";
		this.region = region || guessedRegion || "us-east-1";
		this.cache = cache || /* @__PURE__ */ new Map();
		this.datetime = datetime || (/* @__PURE__ */ new Date()).toISOString().replace(/[:-]|\.\d{3}/g, "");
		this.signQuery = signQuery;
		this.appendSessionToken = appendSessionToken || this.service === "iotdevicegateway";
		this.headers.delete("Host");
		if (this.service === "s3" && !this.signQuery && !this.headers.has("X-Amz-Content-Sha256")) this.headers.set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
		const params = this.signQuery ? this.url.searchParams : this.headers;
		params.set("X-Amz-Date", this.datetime);
		if (this.sessionToken && !this.appendSessionToken) params.set("X-Amz-Security-Token", this.sessionToken);
		this.signableHeaders = ["host", ...this.headers.keys()].filter((header) => allHeaders || !UNSIGNABLE_HEADERS.has(header)).sort();
		this.signedHeaders = this.signableHeaders.join(";");
		this.canonicalHeaders = this.signableHeaders.map((header) => header + ":" + (header === "host" ? this.url.host : (this.headers.get(header) || "").replace(/\s+/g, " "))).join("\n");
		this.credentialString = [
			this.datetime.slice(0, 8),
			this.region,
			this.service,
			"aws4_request"
		].join("/");
		if (this.signQuery) {
			if (this.service === "s3" && !params.has("X-Amz-Expires")) params.set("X-Amz-Expires", "86400");
			params.set("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
			params.set("X-Amz-Credential", this.accessKeyId + "/" + this.credentialString);
			params.set("X-Amz-SignedHeaders", this.signedHeaders);
		}
		if (this.service === "s3") try {
			this.encodedPath = decodeURIComponent(this.url.pathname.replace(/\+/g, " "));
		} catch (e) {
			this.encodedPath = this.url.pathname;
		}
		else this.encodedPath = this.url.pathname.replace(/\/+/g, "/");
		if (!singleEncode) this.encodedPath = encodeURIComponent(this.encodedPath).replace(/%2F/g, "/");
		this.encodedPath = encodeRfc3986(this.encodedPath);
		const seenKeys = /* @__PURE__ */ new Set();
		this.encodedSearch = [...this.url.searchParams].filter(([k]) => {
			if (!k) return false;
			if (this.service === "s3") {
				if (seenKeys.has(k)) return false;
				seenKeys.add(k);
			}
			return true;
		}).map((pair) => pair.map((p) => encodeRfc3986(encodeURIComponent(p)))).sort(([k1, v1], [k2, v2]) => k1 < k2 ? -1 : k1 > k2 ? 1 : v1 < v2 ? -1 : v1 > v2 ? 1 : 0).map((pair) => pair.join("=")).join("&");
	}
	async sign() {
		if (this.signQuery) {
			this.url.searchParams.set("X-Amz-Signature", await this.signature());
			if (this.sessionToken && this.appendSessionToken) this.url.searchParams.set("X-Amz-Security-Token", this.sessionToken);
		} else this.headers.set("Authorization", await this.authHeader());
		return {
			method: this.method,
			url: this.url,
			headers: this.headers,
			body: this.body
		};
	}
	async authHeader() {
		return [
			"AWS4-HMAC-SHA256 Credential=" + this.accessKeyId + "/" + this.credentialString,
			"SignedHeaders=" + this.signedHeaders,
			"Signature=" + await this.signature()
		].join(", ");
	}
	async signature() {
		const date = this.datetime.slice(0, 8);
		const cacheKey = [
			this.secretAccessKey,
			date,
			this.region,
			this.service
		].join();
		let kCredentials = this.cache.get(cacheKey);
		if (!kCredentials) {
			kCredentials = await hmac(await hmac(await hmac(await hmac("AWS4" + this.secretAccessKey, date), this.region), this.service), "aws4_request");
			this.cache.set(cacheKey, kCredentials);
		}
		return buf2hex(await hmac(kCredentials, await this.stringToSign()));
	}
	async stringToSign() {
		return [
			"AWS4-HMAC-SHA256",
			this.datetime,
			this.credentialString,
			buf2hex(await hash(await this.canonicalString()))
		].join("\n");
	}
	async canonicalString() {
		return [
			this.method.toUpperCase(),
			this.encodedPath,
			this.encodedSearch,
			this.canonicalHeaders + "\n",
			this.signedHeaders,
			await this.hexBodyHash()
		].join("\n");
	}
	async hexBodyHash() {
		let hashHeader = this.headers.get("X-Amz-Content-Sha256") || (this.service === "s3" && this.signQuery ? "UNSIGNED-PAYLOAD" : null);
		if (hashHeader == null) {
			if (this.body && typeof this.body !== "string" && !("byteLength" in this.body)) throw new Error("body must be a string, ArrayBuffer or ArrayBufferView, unless you include the X-Amz-Content-Sha256 header");
			hashHeader = buf2hex(await hash(this.body || ""));
		}
		return hashHeader;
	}
};
async function hmac(key, string) {
	const cryptoKey = await crypto.subtle.importKey("raw", typeof key === "string" ? encoder$1.encode(key) : key, {
		name: "HMAC",
		hash: { name: "SHA-256" }
	}, false, ["sign"]);
	return crypto.subtle.sign("HMAC", cryptoKey, encoder$1.encode(string));
}
async function hash(content) {
	return crypto.subtle.digest("SHA-256", typeof content === "string" ? encoder$1.encode(content) : content);
}
const HEX_CHARS = [
	"0",
	"1",
	"2",
	"3",
	"4",
	"5",
	"6",
	"7",
	"8",
	"9",
	"a",
	"b",
	"c",
	"d",
	"e",
	"f"
];
function buf2hex(arrayBuffer) {
	const buffer = new Uint8Array(arrayBuffer);
	let out = "";
	for (let idx = 0; idx < buffer.length; idx++) {
		const n = buffer[idx];
		out += HEX_CHARS[n >>> 4 & 15];
		out += HEX_CHARS[n & 15];
	}
	return out;
}
function encodeRfc3986(urlEncodedStr) {
	return urlEncodedStr.replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
}
function guessServiceRegion(url, headers) {
	const { hostname, pathname } = url;
	if (hostname.endsWith(".on.aws")) {
		const match = hostname.match(/^[^.]{1,63}\.lambda-url\.([^.]{1,63})\.on\.aws$/);
		return match != null ? ["lambda", match[1] || ""] : ["", ""];
	}
	if (hostname.endsWith(".r2.cloudflarestorage.com")) return ["s3", "auto"];
	if (hostname.endsWith(".backblazeb2.com")) {
		const match = hostname.match(/^(?:[^.]{1,63}\.)?s3\.([^.]{1,63})\.backblazeb2\.com$/);
		return match != null ? ["s3", match[1] || ""] : ["", ""];
	}
	const match = hostname.replace("dualstack.", "").match(/([^.]{1,63})\.(?:([^.]{0,63})\.)?amazonaws\.com(?:\.cn)?$/);
	let service = match && match[1] || "";
	let region = match && match[2];
	if (region === "us-gov") region = "us-gov-west-1";
	else if (region === "s3" || region === "s3-accelerate") {
		region = "us-east-1";
		service = "s3";
	} else if (service === "iot") {
		if (hostname.startsWith("iot.")) service = "execute-api";
		else if (hostname.startsWith("data.jobs.iot.")) service = "iot-jobs-data";
		else service = pathname === "/mqtt" ? "iotdevicegateway" : "iotdata";
	} else if (service === "autoscaling") {
		const targetPrefix = (headers.get("X-Amz-Target") || "").split(".")[0];
		if (targetPrefix === "AnyScaleFrontendService") service = "application-autoscaling";
		else if (targetPrefix === "AnyScaleScalingPlannerFrontendService") service = "autoscaling-plans";
	} else if (region == null && service.startsWith("s3-")) {
		region = service.slice(3).replace(/^fips-|^external-1/, "");
		service = "s3";
	} else if (service.endsWith("-fips")) service = service.slice(0, -5);
	else if (region && /-\d$/.test(service) && !/-\d$/.test(region)) [service, region] = [region, service];
	return [HOST_SERVICES[service] || service, region || ""];
}

// protocol/registries/ecr.ts
/** The suffixes of AWS's partitions (awslabs/amazon-ecr-credential-helper), and where each answers to API requests. */
const DOMAINS = {
	"amazonaws.com": "amazonaws.com",
	"amazonaws.com.cn": "amazonaws.com.cn",
	"amazonaws.eu": "amazonaws.eu",
	"on.aws": "amazonaws.com",
	"on.amazonwebservices.com.cn": "amazonaws.com.cn",
	"c2s.ic.gov": "c2s.ic.gov",
	"sc2s.sgov.gov": "sc2s.sgov.gov",
	"cloud.adc-e.uk": "cloud.adc-e.uk",
	"csp.hci.ic.gov": "csp.hci.ic.gov"
};
const PRIVATE = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/;
/** The second one answers by IPv6 too. */
const PUBLIC = ["public.ecr.aws", "ecr-public.aws.com"];
/** ECR Public gives its tokens here alone. */
const PUBLIC_REGION = "us-east-1";
const isEcr = (host) => isPublicEcr(host) || partsOf$1(host) !== void 0;
const isPublicEcr = (host) => PUBLIC.includes(host);
function partsOf$1(host) {
	const [, account = "", region = "", suffix = ""] = PRIVATE.exec(host) ?? [];
	const domain = Object.hasOwn(DOMAINS, suffix) ? DOMAINS[suffix] : void 0;
	return domain === void 0 ? void 0 : {
		account,
		region,
		domain
	};
}
/** The registries that a token for `host` is good for too: those of other accounts in its region, and ECR Public by its other name. */
const ecrNeighbours = (host, accounts) => {
	const account = partsOf$1(host)?.account;
	const hosts = account === void 0 ? PUBLIC : accounts.map((other) => host.replace(account, other));
	return hosts.filter((other, index) => other !== host && hosts.indexOf(other) === index);
};
/** @param region another one than that of the host's name; ECR Public has but one. */
const ecrPlace = (host, region = "") => {
	if (isPublicEcr(host)) return {
		service: "ecr-public",
		region: PUBLIC_REGION,
		domain: "amazonaws.com"
	};
	const { region: own, domain } = partsOf$1(host) ?? {
		region: PUBLIC_REGION,
		domain: "amazonaws.com"
	};
	return {
		service: "ecr",
		region: region === "" ? own : region,
		domain
	};
};
/** GetAuthorizationToken of ECR and ECR Public (docs.aws.amazon.com, "Amazon ECR API Reference"), signed. */
const ecrTokenRequest = async ({ service, region, domain }, credentials, env) => {
	const isPublic = service === "ecr-public";
	const url = awsEndpoint(isPublic ? "ECR_PUBLIC" : "ECR", `https://api.${service}.${region}.${domain}/`, env);
	const body = "{}";
	const { headers } = await new AwsClient({
		...credentials,
		service,
		region
	}).sign(url, {
		method: "POST",
		headers: {
			"content-type": "application/x-amz-json-1.1",
			"x-amz-target": isPublic ? "SpencerFrontendService.GetAuthorizationToken" : "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
		},
		body
	});
	return {
		url,
		headers: Object.fromEntries(headers),
		body
	};
};
const Authorization = object({
	authorizationToken: string(),
	/** Unix seconds. */
	expiresAt: optional(number())
});
/** ECR has a list, ECR Public one. */
const TokenAnswer = object({ authorizationData: union([Authorization, tupleWithRest([Authorization], unknown())]) });
/** The login that the answer holds; `undefined` when it holds none. */
const readEcrToken = (text) => {
	const answer = safeParse(pipe(string(), parseJson$1(), TokenAnswer), text);
	if (!answer.success) return void 0;
	const { authorizationData: data } = answer.output;
	const { authorizationToken, expiresAt } = Array.isArray(data) ? data[0] : data;
	const [username = "", ...password] = Buffer.from(authorizationToken, "base64").toString("utf8").split(":");
	return {
		username,
		password: password.join(":"),
		...expiresAt === void 0 ? {} : { expiresAt }
	};
};
/** STS's AssumeRoleWithWebIdentity, which is not signed: the token is the proof. */
const assumeRoleRequest = ({ role, session, seconds, token }, { region, domain }, env) => ({
	url: awsEndpoint("STS", `https://sts.${region}.${domain}/`, env),
	headers: { "content-type": "application/x-www-form-urlencoded" },
	body: new URLSearchParams({
		Action: "AssumeRoleWithWebIdentity",
		Version: "2011-06-15",
		RoleArn: role,
		RoleSessionName: session.slice(0, 64),
		DurationSeconds: String(seconds),
		WebIdentityToken: token
	}).toString()
});
/** The credentials that STS's answer holds; `undefined` when it holds none. */
const readAssumedRole = (text) => {
	const read = (name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
	const accessKeyId = read("AccessKeyId");
	const secretAccessKey = read("SecretAccessKey");
	const sessionToken = read("SessionToken");
	return accessKeyId === void 0 || secretAccessKey === void 0 || sessionToken === void 0 ? void 0 : {
		accessKeyId,
		secretAccessKey,
		sessionToken
	};
};
/** AWS's tools let the environment name another endpoint (docs.aws.amazon.com, "Service-specific endpoints"). */
const awsEndpoint = (service, standard, env) => env[`AWS_ENDPOINT_URL_${service}`] || env["AWS_ENDPOINT_URL"] || standard;

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

// action/id-token.ts
const ANSWER_TIMEOUT_MS$1 = 15e3;
const PAUSES_MS$1 = [
	500,
	2e3,
	5e3
];
/** Of what GitHub said, in characters. */
const MAX_REASON = 300;
/**
* GitHub's OIDC token for an audience, masked (docs.github.com, "OpenID Connect reference", methods for requesting the token).
* @param purpose what it is for, for the error: `sign the hook …`
* @throws ActionError `no_id_token`, with the permission that is missing.
*/
const idToken = async (audience, purpose, signal) => {
	requireIdToken(purpose);
	for (let attempt = 0;; attempt++) try {
		return await within(ANSWER_TIMEOUT_MS$1, signal, getIDToken(audience));
	} catch (cause) {
		signal.throwIfAborted();
		const pauseMs = PAUSES_MS$1[attempt];
		if (pauseMs === void 0) throw new ActionError("no_id_token", `GitHub's OIDC token could not be had: ${why(cause)}`, {
			hint: "Run the job again; see https://www.githubstatus.com.",
			cause
		});
		await setTimeout$1(pauseMs, void 0, { signal }).catch((error) => {
			signal.throwIfAborted();
			throw error;
		});
	}
};
/** Whether GitHub gives this job tokens; else an error says what is missing. */
const requireIdToken = (purpose) => {
	const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
	if (url && token) return;
	throw new ActionError("no_id_token", `GitHub gives this job no OIDC token to ${purpose}`, { hint: "Add \"permissions: { id-token: write }\" to the job (and contents: read, packages: write as needed; a pull request from a fork never gets one), or give a secret or password instead." });
};
/** The toolkit waits three minutes for an answer, and for ever for the rest of one that was cut. */
async function within(ms, signal, work) {
	const ended = new AbortController();
	const late = setTimeout$1(ms, void 0, { signal: AbortSignal.any([signal, ended.signal]) }).then(() => {
		throw new Error(`no answer within ${ms / 1e3} s`);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		ended.abort();
		work.catch(() => {});
		late.catch(() => {});
	}
}
const why = (error) => plainLines(error instanceof Error ? error.message : String(error)).map((line) => line.trim()).filter((line) => line !== "").join(" ").slice(0, MAX_REASON);

// node_modules/jose/dist/webapi/lib/buffer_utils.js
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: !0 });
function decodeBase64(encoded, url = !1) {
	if (Uint8Array.fromBase64) return Uint8Array.fromBase64(encoded, { alphabet: url ? "base64url" : "base64" });
	if (url) {
		if (encoded.includes("+") || encoded.includes("/")) throw new TypeError("Invalid base64url");
		encoded = encoded.replace(/-/g, "+").replace(/_/g, "/");
	}
	const binary = atob(encoded), bytes = new Uint8Array(binary.length);
	for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
	return bytes;
}

// node_modules/jose/dist/webapi/util/errors.js
var JOSEError = class extends Error {
	static code = "ERR_JOSE_GENERIC";
	code = "ERR_JOSE_GENERIC";
	constructor(message, options) {
		super(message, options), this.name = this.constructor.name, Error.captureStackTrace?.(this, this.constructor);
	}
};
var JWTInvalid = class extends JOSEError {
	static code = "ERR_JWT_INVALID";
	code = "ERR_JWT_INVALID";
};

// node_modules/jose/dist/webapi/util/base64url.js
const invalid = "The input to be decoded is not correctly encoded.";
function decode$1(input) {
	try {
		return decodeBase64(typeof input == "string" ? input : decoder.decode(input), !0);
	} catch (cause) {
		throw new TypeError(invalid, { cause });
	}
}

// node_modules/jose/dist/webapi/lib/validate.js
function isObject(input) {
	if (typeof input != "object" || input === null || Object.prototype.toString.call(input) !== "[object Object]") return !1;
	const prototype = Object.getPrototypeOf(input);
	return prototype === null || Object.getPrototypeOf(prototype) === null;
}

// node_modules/jose/dist/webapi/util/decode_jwt.js
function decodeJwt(jwt) {
	if (typeof jwt != "string") throw new JWTInvalid("JWTs must use Compact JWS serialization, JWT must be a string");
	const { 1: encodedPayload, length } = jwt.split(".");
	if (length === 5) throw new JWTInvalid("Only JWTs using Compact JWS serialization can be decoded");
	if (length !== 3) throw new JWTInvalid("Invalid JWT");
	if (!encodedPayload) throw new JWTInvalid("JWTs must contain a payload");
	let claimsSetBytes;
	try {
		claimsSetBytes = decode$1(encodedPayload);
	} catch (cause) {
		throw new JWTInvalid("Failed to base64url decode the payload", { cause });
	}
	let claimsSet;
	try {
		claimsSet = JSON.parse(strictDecoder.decode(claimsSetBytes));
	} catch (cause) {
		throw new JWTInvalid("Failed to parse the decoded payload as JSON", { cause });
	}
	if (!isObject(claimsSet)) throw new JWTInvalid("Invalid JWT Claims Set");
	return claimsSet;
}

// action/registries/exchange.ts
const DEADLINE_MS$1 = 6e4;
/**
* Posts to a service that gives credentials, and returns its answer's text.
* @throws ActionError `login_failed`, with what the service said and what to do.
*/
const exchange = async (url, { headers, body, what, hint, signal }) => {
	try {
		return await ask(url, {
			method: "POST",
			headers,
			body
		}, { signal });
	} catch (cause) {
		if (signal.aborted) throw new ActionError("cancelled", "cancelled while signing in", { cause });
		const why = cause instanceof Error ? cause.message : String(cause);
		throw new ActionError("login_failed", `${what}: ${why}`, {
			hint: typeof hint === "string" ? hint : hint(why),
			cause
		});
	}
};
/** One request to a service that gives credentials. Rejects, with why in plain words, unless it is answered with 200. */
const ask = async (url, request, { signal, deadlineMs = DEADLINE_MS$1 }) => {
	let status;
	let text;
	try {
		const answer = await send(url, {
			...request,
			answerTimeoutMs: deadlineMs / 2,
			signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
		});
		status = answer.status;
		text = status === 200 ? await readText(answer) : await readBeginning(answer.body, MAX_REASON_BYTES);
	} catch (cause) {
		throw new Error(explainNetworkError(cause, url).why, { cause });
	}
	if (status === 200) return text;
	throw new Error(`${new URL(url).host} answered ${status}: ${reasonOf(text)}`);
};
/** How long a login is taken to last where nobody says, in milliseconds. */
const UNTOLD_MS = 24e4;
/**
* When the login in an answer ends, in Unix milliseconds: by `expires_in` (RFC 6749, section 5.1), Google's `expireTime`, or the
* refresh token itself, which is a JWT with Azure.
*/
const endOf$1 = (answer, now = Date.now()) => {
	return [
		now + Number(fieldOf(answer, "expires_in")) * 1e3,
		Date.parse(String(fieldOf(answer, "expireTime"))),
		endOfToken(fieldOf(answer, "refresh_token"))
	].find(Number.isFinite) ?? now + UNTOLD_MS;
};
function endOfToken(token) {
	try {
		return Number(decodeJwt(String(token)).exp) * 1e3;
	} catch {
		return NaN;
	}
}
/**
* A secret out of what `from` answered, which is masked.
* @throws ActionError `login_failed` when it is not there; what was answered is not shown.
*/
const readSecret = (text, name, from) => {
	const value = fieldOf(text, name);
	if (typeof value !== "string" || value === "") throw new ActionError("login_failed", `${from} answered without ${name}`);
	hide(value);
	return value;
};
const fieldOf = (text, name) => {
	try {
		return JSON.parse(text)?.[name];
	} catch {
		return;
	}
};

// action/registries/gcp.ts
/** The user name of whoever has a token (cloud.google.com, "Configure authentication to Artifact Registry for Docker"). */
const TOKEN_USER$1 = "oauth2accesstoken";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
/** As long as Google gives a service account's token without being asked for more: it has to outlast the build. */
const LIFETIME = "3600s";
const PROVIDER = /^projects\/\d+\/locations\/[\w-]+\/workloadIdentityPools\/[\w-]+\/providers\/[\w-]+$/;
/** Google's Artifact Registry, also by the names of the Container Registry that it took over. */
const isGoogleRegistry = (host) => host.endsWith("-docker.pkg.dev") || host === "gcr.io" || host.endsWith(".gcr.io");
/**
* Signs in to Google's registries with no secret, by workload identity federation: GitHub's OIDC token becomes Google's, and
* that a service account's (cloud.google.com, "Configure Workload Identity Federation with deployment pipelines").
* @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
*/
const gcpLogin = async (host, { provider: given, serviceAccount }, env, signal) => {
	const provider = readProvider(given);
	const federated = await federate(provider, host, env, signal);
	const token = serviceAccount === "" ? federated : await become(serviceAccount, federated.password, env, signal);
	say(`signed in to Google as ${serviceAccount === "" ? provider : serviceAccount}`);
	return {
		registry: host,
		username: TOKEN_USER$1,
		...token
	};
};
function readProvider(given) {
	const provider = given.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, "");
	if (PROVIDER.test(provider)) return provider;
	throw new ActionError("bad_input", `input gcp-workload-identity-provider: "${given}" is not the name of a provider`, { hint: "Write what this prints: gcloud iam workload-identity-pools providers describe NAME --workload-identity-pool POOL --location global --format \"value(name)\". It begins with projects/ and the number of the project." });
}
async function federate(provider, host, env, signal) {
	const token = await idToken(`https://iam.googleapis.com/${provider}`, `sign in to ${host}`, signal);
	const answer = await exchange(`${endpoint("STS", "https://sts.googleapis.com", env)}/v1/token`, {
		headers: FORM,
		body: form({
			grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
			audience: `//iam.googleapis.com/${provider}`,
			scope: SCOPE,
			requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
			subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
			subject_token: token
		}),
		what: `Google does not take GitHub's token for ${provider}`,
		hint: federationHint,
		signal
	});
	return {
		password: readSecret(answer, "access_token", "Google"),
		endsAt: endOf$1(answer)
	};
}
function federationHint(why) {
	if (/attribute condition/i.test(why)) return "The attribute condition of the provider has to be true for this repository: gcloud iam workload-identity-pools providers describe shows it.";
	if (/audience in ID Token/i.test(why)) return "The provider has allowed audiences of its own: take them away, so that it takes the default.";
	return "The pool and its provider have to be there and enabled, with the issuer https://token.actions.githubusercontent.com; its name has the number of the project, not its id.";
}
async function become(account, token, env, signal) {
	const base = endpoint("IAMCREDENTIALS", "https://iamcredentials.googleapis.com", env);
	const answer = await exchange(`${base}/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`, {
		headers: {
			authorization: `Bearer ${token}`,
			"content-type": "application/json"
		},
		body: JSON.stringify({
			scope: [SCOPE],
			lifetime: LIFETIME
		}),
		what: `the service account ${account} gives no token`,
		hint: (why) => /has not been used|is disabled|SERVICE_DISABLED/i.test(why) ? "Turn the API on: gcloud services enable iamcredentials.googleapis.com" : `Let this repository's tokens act for it: gcloud iam service-accounts add-iam-policy-binding ${account} --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/attribute.repository/OWNER/NAME"`,
		signal
	});
	return {
		password: readSecret(answer, "accessToken", "Google"),
		endsAt: endOf$1(answer)
	};
}
/** gcloud's own variables name another endpoint (cloud.google.com, "gcloud config set", api_endpoint_overrides). */
const endpoint = (service, standard, env) => withoutTrailingSlash(env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service}`] || standard);

// action/registries/refusal.ts
/** Of what is said of a failed push, in characters: there is no hint beyond. */
const MAX_WORDS = 1e4;
/**
* What to do about a push that a registry refuses, where it is known what that registry means by its words; undefined elsewhere.
* @param words BuildKit's, or those of `docker push`: they name the repository
*/
const refusalHint = (words) => {
	const said = words.slice(0, MAX_WORDS);
	const [, host = "", repository = ""] = /(?:failed to push |refers to repository \[)([\w.-]{1,255}(?::\d{1,5})?)\/([\w./-]{1,255})/.exec(said) ?? [];
	if (isEcr(host)) return ecrHint(said, host, repository);
	if (isGoogleRegistry(host)) return googleHint(said, host, repository);
	return host === "ghcr.io" && DENIED.test(said) ? GHCR : void 0;
};
const MISSING = /name[ _]unknown|not found|does not exist/i;
const DENIED = /denied|unauthori[sz]ed|forbidden|not authorized|\b40[13]\b/i;
function ecrHint(said, host, repository) {
	const { service, region } = ecrPlace(host);
	if (MISSING.test(said)) return `ECR makes no repository by itself. Make it once: aws ${service} create-repository --repository-name ${isPublicEcr(host) ? repository.replace(/^[^/]*\//, "") : repository} --region ${region}`;
	if (/no basic auth/i.test(said)) return "Nobody signed in: give aws-role (a role that this repository may assume, with \"permissions: { id-token: write }\"), an access key as username and password, or run aws-actions/configure-aws-credentials before this step. The log above says where credentials were looked for.";
	if (!DENIED.test(said)) return void 0;
	return `The role or user needs ${service}:BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage on ${repository}; in another account its repository policy has to allow them too.`;
}
function googleHint(said, host, repository) {
	const [project = "", name = ""] = repository.split("/");
	const isArtifactRegistry = host.endsWith("-docker.pkg.dev") && name !== "";
	const location = host.replace(/-docker\.pkg\.dev$/, "");
	const at = isArtifactRegistry ? `${name} --project ${project} --location ${location}` : "";
	if (/createOnPush/i.test(said)) return "The first push to gcr.io makes a repository of Artifact Registry: give the service account roles/artifactregistry.createOnPushWriter on the project.";
	if (/unauthenticated/i.test(said)) return "Nobody signed in: give gcp-workload-identity-provider and gcp-service-account, or username _json_key and the key of a service account as password.";
	if (/(?:API|service) has not been used|is disabled|SERVICE_DISABLED/i.test(said)) return `Turn the API on: gcloud services enable artifactregistry.googleapis.com --project ${project}`;
	if (!MISSING.test(said) && !DENIED.test(said)) return void 0;
	return isArtifactRegistry ? `Let the account write: gcloud artifacts repositories add-iam-policy-binding ${at} --role roles/artifactregistry.writer --member serviceAccount:…; if there is no such repository, make it once: gcloud artifacts repositories create ${at} --repository-format docker` : `The account needs roles/artifactregistry.writer in the project ${project}; ${host} has to be one of its repositories in Artifact Registry.`;
}
const GHCR = "The job needs \"permissions: { packages: write }\". Where it has that, the package belongs to another repository or to none: in its settings, under \"Manage Actions access\", add this repository with the role Write.";

// action/docker-failure.ts
/**
* Finds out what failed in the output of a command, where a registry or Docker itself says so.
*
* BuildKit's plain progress has `#7 …` before each line of step 7, and what a user's command prints has the time there too
* (`#7 0.672 …`), so that a step's name, its `pushing …` and its `ERROR:` are BuildKit's own words.
*/
const readFailure = (args, lines) => {
	if (args[0] === "push") return {
		from: "push",
		words: lines.join("\n")
	};
	if (args[0] !== "buildx") return void 0;
	const flag = lines.find((line) => /^(?:ERROR: )?unknown flag: --/.test(line));
	if (flag !== void 0) return {
		from: "docker",
		words: flag
	};
	const [, step = "", words = ""] = lines.map((line) => /^#(\d+) ERROR: (.*)/.exec(line)).findLast((found) => found !== null) ?? [];
	if (words === "" || words.startsWith("process \"")) return void 0;
	const said = (start) => lines.some((line) => line.startsWith(`#${step} ${start}`));
	if (said("pushing ") || words.startsWith("failed to push ")) {
		const [, reference] = lines.map((line) => /^#\d+ pushing (\S+) with docker$/.exec(line)).findLast(Boolean) ?? [];
		return {
			from: "push",
			words,
			...reference !== void 0 && { reference }
		};
	}
	return {
		from: said("[internal] load metadata for ") ? "pull" : "docker",
		words
	};
};
/** What to do about a failure. */
const hintFor = (failure) => hintOfRegistry(failure) ?? HINTS.find(([from, says]) => failure?.from === from && says.test(failure.words))?.[2] ?? "Its output above says why.";
const hintOfRegistry = (failure) => failure?.from === "push" && !isImmutable(failure) ? refusalHint(whole(failure)) : void 0;
/** In BuildKit's own form. */
const whole = ({ words, reference }) => reference === void 0 ? words : `failed to push ${reference}: ${words}`;
const REFUSED = /unauthorized|authentication required|authorization failed|no basic auth|denied|forbidden|\b40[13]\b/i;
const LIMITED = /toomanyrequests|rate limit|\b429\b/i;
const IMMUTABLE = /immutable|cannot be overwritten/i;
/** Whether a registry did not take the login for a push. A tag that it keeps may be refused in the words of a right that is missing. */
const isRefused = (failure) => failure?.from === "push" && !isImmutable(failure) && (REFUSED.test(failure.words) || saysExpired(failure));
/** Whether a registry's own words say that the login is too old. A certificate may be that too. */
const saysExpired = ({ words }) => /expired/i.test(words) && !/x509|certificate/i.test(words);
/** Whether a registry keeps the tag as it is. */
const isImmutable = (failure) => failure?.from === "push" && IMMUTABLE.test(failure.words);
const TOO_OFTEN = "The registry limits how often it is asked: sign in to it, or run the job again later.";
const HINTS = [
	[
		"push",
		IMMUTABLE,
		"The registry does not let a tag be pushed twice, and it holds another image: give each build a tag of its own (the commit is one)."
	],
	[
		"push",
		/name[ _]unknown|repository with name|\b404\b/i,
		"The registry has no such repository, and makes none by itself: create it first, or correct image. On ECR: aws ecr create-repository --repository-name …."
	],
	[
		"push",
		REFUSED,
		"Check registry, username and password, and that this user may push to the repository. For ghcr.io the job needs \"permissions: packages: write\"."
	],
	[
		"push",
		LIMITED,
		TOO_OFTEN
	],
	[
		"pull",
		LIMITED,
		TOO_OFTEN
	],
	[
		"pull",
		REFUSED,
		"A base image cannot be read: correct its name, or sign in to its registry with docker/login-action before this step."
	],
	[
		"docker",
		/no space left on device/i,
		"The runner’s disk is full."
	],
	[
		"push",
		/no space left on device/i,
		"The registry’s disk is full, or the runner’s."
	],
	[
		"docker",
		/unknown flag: --/,
		"The buildx on this runner is too old for it: add docker/setup-buildx-action before this step, or leave the input out."
	]
];

// action/run-command.ts
/** What a shell says of a command that was killed. */
const KILLED = 130;
/** What a command may take to end by itself. The runner kills the whole job 10 s after it cancelled it. */
const GRACE_MS = 5e3;
/**
* Runs a command by the toolkit (which finds `.exe` and `.cmd` on Windows, and quotes for them), with nothing on its standard
* input, and resolves to its exit status. Nothing is printed here.
* @param path where it is
*/
const runCommand = async (path, args, { env, signal, onLine, platform = process.platform }) => {
	const stdout = readLines((line) => onLine(line, "stdout"));
	const stderr = readLines((line) => onLine(line, "stderr"));
	const handling = handleChildren(signal, platform);
	try {
		const status = await exec(`"${path}"`, [...args], {
			env,
			silent: true,
			ignoreReturnCode: true,
			listeners: {
				stdout: stdout.write,
				stderr: stderr.write
			}
		});
		await Promise.all([stdout.end(), stderr.end()]);
		return status ?? KILLED;
	} finally {
		handling.stop();
	}
};
/** Bytes become lines as they come. The toolkit's own `stdline` breaks characters in two and forgets a last line without an end. */
function readLines(onLine) {
	const bytes = new PassThrough();
	const lines = createInterface({
		input: bytes,
		crlfDelay: Infinity
	}).on("line", onLine);
	const closed = once(lines, "close");
	return {
		write: (data) => void bytes.write(data),
		end: async () => {
			bytes.end();
			await closed;
		}
	};
}
/**
* Looks after the processes that are started until `stop`: their standard input is at its end, and once the signal aborts
* they get SIGINT, as from a terminal, then SIGKILL. On Windows the runner's Ctrl-C has reached them by their console already, and
* what Node calls SIGINT there would kill them in the middle of ending. The toolkit hands no child out; Node tells of each
* one that it makes.
*/
function handleChildren(signal, platform) {
	const children = [];
	let timer;
	const kill = (name) => children.forEach((child) => child.kill(name));
	const end = () => {
		if (platform !== "win32") kill("SIGINT");
		timer ??= setTimeout(() => kill("SIGKILL"), GRACE_MS);
	};
	const onChild = (message) => {
		const { process: child } = message;
		children.push(child);
		child.once("spawn", () => {
			child.stdin?.destroy();
			if (signal.aborted) end();
		});
	};
	subscribe("child_process", onChild);
	signal.addEventListener("abort", end);
	return { stop: () => {
		unsubscribe("child_process", onChild);
		signal.removeEventListener("abort", end);
		clearTimeout(timer);
	} };
}

// action/docker.ts
/** Lines of a command that are kept for the reason of its failure. */
const KEPT_LINES = 60;
/**
* Runs `docker`, and prints the command and what it says as it comes.
* @throws ActionError `build_failed` with the command's first words when it ends with another status than 0,
* `no_docker` when there is none, `cancelled`.
*/
const runDocker = async (args, call) => {
	say(`[command]${["docker", ...args].map(quoted).join(" ")}`);
	const last = [];
	const status = await start(args, call, (line) => {
		if (last.push(line) > KEPT_LINES) last.shift();
		say(line);
	});
	if (status !== 0) throw failed(args, status, last);
};
/** Runs `docker` and returns what it wrote to standard output; its errors are printed. Throws like {@link runDocker}. */
const readDocker = async (args, call) => {
	const output = [];
	const status = await start(args, call, (line, source) => {
		if (source === "stdout") output.push(line);
		else say(line);
	});
	if (status !== 0) throw failed(args, status, output);
	return output.join("\n");
};
/**
* The version of `docker buildx`, `''` when it says none; undefined when it is not there.
* @throws ActionError `no_docker` also where the command is Podman's.
*/
const buildxVersion = async (call) => {
	const said = [];
	const status = await start(["buildx", "version"], call, (line) => said.push(line));
	const text = said.join("\n");
	if (/podman|buildah/i.test(text)) throw isPodman();
	return status === 0 ? /\bv?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "" : void 0;
};
async function start(args, call, onLine) {
	const docker = await which("docker");
	if (docker === "") throw noDocker();
	const status = await runCommand(docker, args, {
		...call,
		onLine
	}).catch((cause) => {
		throw new ActionError("no_docker", `docker cannot be run: ${cause.message}`, { cause });
	});
	if (call.signal.aborted) throw new ActionError("cancelled", "cancelled while docker ran");
	return status;
}
/** For people: as a shell would take it. */
const quoted = (arg) => /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
const noDocker = () => new ActionError("no_docker", "the docker command is not on this runner", { hint: "Use a runner that has Docker (ubuntu-latest does; macOS runners have none), put the docker command into the container of the job, or write build: false to deploy an image that exists." });
const isPodman = () => new ActionError("no_docker", "the docker command on this runner is Podman", { hint: "What Podman pushes has another digest than it says. Use a runner that has Docker (ubuntu-latest does), or push with Podman itself and write build: false with image." });
/** A failed command, with the last lines that it printed, and whose words in them say why. */
var DockerError = class extends ActionError {
	output;
	failure;
	constructor(message, output, failure) {
		super("build_failed", message, { hint: hintFor(failure) });
		this.output = output;
		this.failure = failure;
	}
};
function failed(args, status, lines) {
	const command = ["docker", ...args.slice(0, args[0] === "buildx" || args[0] === "image" ? 2 : 1)].join(" ");
	return new DockerError(`${command} ended with status ${status}`, lines.join("\n"), readFailure(args, lines));
}

// action/build.ts
/**
* Builds, and pushes every reference unless the inputs say otherwise.
* @param deployed the one of the references that the digest is wanted for
* @param work what Docker is called with: `directory` is a private one for the metadata file
* @throws ActionError `build_failed`, `no_buildx`, `no_docker`, `no_digest`, `cancelled`.
*/
const build = async (options, deployed, { directory, call }) => {
	try {
		return await buildWithBuildx(options, join(directory, "metadata.json"), call);
	} catch (error) {
		if (!(error instanceof DockerError) || await buildxVersion(call) !== void 0) throw error;
	}
	refuseWithoutBuildx(options);
	say(`docker buildx is not here: ${isPushed(options) ? "building with docker build and docker push" : "building with docker build"}`);
	return buildPlainly(options, deployed, call);
};
async function buildWithBuildx(options, metadataFile, call) {
	try {
		await runDocker(buildxArguments(options, metadataFile), call);
	} catch (error) {
		const digest = await digestThere(error, options, call);
		if (digest === void 0) throw error;
		say("the tag is immutable, and holds this very digest already");
		return { digest };
	}
	const text = await readMetadata(metadataFile, isPushed(options));
	if (text === void 0) return {};
	const imageId = JSON.parse(text)?.["containerimage.config.digest"];
	return {
		...isPushed(options) && { digest: digestOfMetadata(text) },
		...typeof imageId === "string" && { imageId },
		metadata: text.trim()
	};
}
async function readMetadata(file, isNeeded) {
	try {
		return await readFile(file, "utf8");
	} catch (cause) {
		if (!isNeeded) return void 0;
		throw new ActionError("no_digest", `docker buildx wrote no metadata to ${file}`, {
			hint: "Update buildx: the Action needs its --metadata-file (0.6 or newer).",
			cause
		});
	}
}
/**
* The digest that could not be pushed because its tags are immutable, when all of them hold just that digest: an earlier
* attempt got so far.
*/
async function digestThere(error, options, call) {
	if (!(error instanceof DockerError) || !isImmutable(error.failure)) return void 0;
	const digest = /^#\d+ pushing manifest for \S+@(sha256:[0-9a-f]{64})/m.exec(error.output)?.[1];
	if (digest === void 0) return void 0;
	for (const reference of options.references) {
		const args = [
			...[
				"buildx",
				"imagetools",
				"inspect",
				...options.builder === "" ? [] : ["--builder", options.builder]
			],
			reference,
			"--format",
			"{{.Manifest.Digest}}"
		];
		if ((await readDocker(args, call).catch(() => "")).trim() !== digest) return void 0;
	}
	return digest;
}
/**
* The pushed manifest's digest in a buildx metadata file. Where the Docker engine itself builds, an old buildx writes
* the image's id there instead: that is refused, for no registry can find an image by it.
* @throws ActionError `no_digest`.
*/
const digestOfMetadata = (text) => {
	const metadata = JSON.parse(text);
	const digest = metadata["containerimage.digest"];
	if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest)) throw new ActionError("no_digest", `docker buildx reported no digest (containerimage.digest is ${JSON.stringify(digest)})`, { hint: "Choose a builder that can push (docker/setup-buildx-action makes one)." });
	if (digest === metadata["containerimage.config.digest"]) throw new ActionError("no_digest", `docker buildx reported the image's id ${digest} instead of the pushed digest`, { hint: "Update buildx, or add docker/setup-buildx-action before this step." });
	return digest;
};
function refuseWithoutBuildx(options) {
	const inputs = needsBuildx(options);
	if (inputs.length === 0) return;
	const verb = inputs.length === 1 ? "needs" : "need";
	throw new ActionError("no_buildx", `input ${inputs.join(", ")} ${verb} docker buildx, which is not on this runner`, { hint: "Add docker/setup-buildx-action before this step, or leave the input out." });
}
async function buildPlainly(options, { repository, tag = "latest" }, call) {
	await runDocker(plainArguments(options), call);
	if (!isPushed(options)) return {};
	for (const reference of options.references) await runDocker(["push", reference], call);
	const output = await readDocker([
		"image",
		"inspect",
		"--format",
		"{{json .RepoDigests}}",
		`${repository}:${tag}`
	], call);
	return { digest: digestOfRepository(JSON.parse(output), repository) };
}
/**
* The digest that a repository knows an image by, from Docker's `RepoDigests`, which name each repository that the
* image was ever pushed to.
* @param repository with its host, as `docker.io/library/nginx`
* @throws ActionError `no_digest`.
*/
const digestOfRepository = (repoDigests, repository) => {
	const digest = (repoDigests ?? []).filter((one) => !one.startsWith("<none>")).map(parseImage$1).find((image) => image.repository === repository)?.digest;
	if (digest !== void 0) return digest;
	throw new ActionError("no_digest", `docker reports no digest for ${repository} after the push`, { hint: "Add docker/setup-buildx-action before this step: buildx reports the pushed digest itself." });
};

// action/registries/acr.ts
/** Azure's clouds: where they sign in, and the suffix of their registries. */
const CLOUDS = [
	{
		suffix: ".azurecr.io",
		authority: "https://login.microsoftonline.com"
	},
	{
		suffix: ".azurecr.cn",
		authority: "https://login.chinacloudapi.cn"
	},
	{
		suffix: ".azurecr.us",
		authority: "https://login.microsoftonline.us"
	}
];
/** The user name of whoever has a token (learn.microsoft.com, "Authenticate with an Azure container registry"). */
const TOKEN_USER = "00000000-0000-0000-0000-000000000000";
const isAcr = (host) => CLOUDS.some(({ suffix }) => host.endsWith(suffix));
/**
* Signs in to Azure Container Registry with no secret: GitHub's OIDC token becomes an Entra token, and that the registry's
* refresh token.
* @throws ActionError `login_failed`, `no_id_token`.
*/
const acrLogin = async (host, { clientId, tenantId }, env, signal, base = `https://${host}`) => {
	const cloud = CLOUDS.find(({ suffix }) => host.endsWith(suffix)) ?? CLOUDS[0];
	const authority = withoutTrailingSlash(env["AZURE_AUTHORITY_HOST"] || cloud.authority);
	const assertion = await idToken("api://AzureADTokenExchange", `sign in to ${host}`, signal);
	const entra = await exchange(`${authority}/${tenantId}/oauth2/v2.0/token`, {
		headers: FORM,
		body: form({
			client_id: clientId,
			scope: "https://containerregistry.azure.net/.default",
			client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
			client_assertion: assertion,
			grant_type: "client_credentials"
		}),
		what: `Entra does not sign in the application ${clientId}`,
		hint: "The application or managed identity needs a federated credential with the issuer https://token.actions.githubusercontent.com and this repository as subject.",
		signal
	});
	const accessToken = readSecret(entra, "access_token", "Entra");
	const registry = await exchange(`${base}/oauth2/exchange`, {
		headers: FORM,
		body: form({
			grant_type: "access_token",
			service: host,
			tenant: tenantId,
			access_token: accessToken
		}),
		what: `${host} does not take Entra's token`,
		hint: `The application needs the role AcrPush on ${host}.`,
		signal
	});
	say(`signed in to ${host} as the application ${clientId}`);
	return {
		registry: host,
		username: TOKEN_USER,
		password: readSecret(registry, "refresh_token", host),
		endsAt: endOf$1(registry)
	};
};

// action/registries/docker-hub.ts
const IDENTITY = "https://identity.docker.com";
/** As long as a token may live: it has to outlast the build. */
const TOKEN_SECONDS = 3600;
/**
* Signs in to Docker Hub with no secret, by an OIDC connection of the organization (docs.docker.com, "OIDC connections").
* @throws ActionError `login_failed`, `no_id_token`.
*/
const dockerHubLogin = async (organization, connection, signal, identity = IDENTITY) => {
	const token = await idToken(identity, "sign in to Docker Hub", signal);
	const answer = await exchange(`${identity}/oauth/token`, {
		headers: FORM,
		body: form({
			grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
			subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
			subject_token: token,
			connection_id: connection,
			expires_in: String(TOKEN_SECONDS)
		}),
		what: `Docker Hub does not sign in ${organization}`,
		hint: "DOCKERHUB_OIDC_CONNECTIONID has to be the id of an OIDC connection whose rules take this workflow, and username the organization.",
		signal
	});
	return {
		registry: "docker.io",
		username: organization,
		password: readSecret(answer, "access_token", "Docker Hub"),
		endsAt: endOf$1(answer)
	};
};

// protocol/registries/aws.ts
/** The instance's metadata is on the machine itself, or nowhere. */
const METADATA_DEADLINE_MS = 2e3;
const METADATA = "http://169.254.169.254";
const CONTAINER = "http://169.254.170.2";
const SESSION_SECONDS$1 = 3600;
const Served = pipe(string(), parseJson$1(), object({
	AccessKeyId: string(),
	SecretAccessKey: string(),
	Token: string()
}));
/**
* AWS's credentials, looked for as its own tools do (docs.aws.amazon.com, "Standardized credential providers"): environment, web
* identity, shared file, container, instance. Each says where they are from. Throws an error that names what was tried.
*/
async function awsCredentials(context) {
	const tried = [];
	for (const [from, provide] of PROVIDERS) try {
		const credentials = await provide(context);
		if (credentials !== void 0) return {
			credentials,
			from
		};
		tried.push(`${from}: none`);
	} catch (error) {
		context.signal.throwIfAborted();
		tried.push(`${from}: ${error instanceof Error ? error.message : String(error)}`);
	}
	throw new Error(`no credentials of AWS (${tried.join("; ")})`);
}
const PROVIDERS = [
	["environment", fromEnvironment],
	["web identity", fromWebIdentity],
	["shared credentials file", fromFile],
	["container", fromContainer],
	["instance role", fromInstance]
];
async function fromEnvironment({ env, profile }) {
	const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
	if (!id || !secret || profile !== "") return void 0;
	return {
		accessKeyId: id,
		secretAccessKey: secret,
		...token ? { sessionToken: token } : {}
	};
}
async function fromWebIdentity(context) {
	const { env, place, ask } = context;
	const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env;
	if (!file || !role) return void 0;
	const token = readFileSync(file, "utf8").trim();
	const session = env["AWS_ROLE_SESSION_NAME"] || context.session;
	const { url, headers, body } = assumeRoleRequest({
		role,
		session,
		seconds: SESSION_SECONDS$1,
		token
	}, place, env);
	return readAssumedRole(await ask(url, {
		method: "POST",
		headers,
		body
	}));
}
async function fromFile({ env, profile }) {
	const home = env["HOME"] || homedir();
	const file = env["AWS_SHARED_CREDENTIALS_FILE"] || join(home, ".aws", "credentials");
	let text;
	try {
		text = readFileSync(file, "utf8");
	} catch (error) {
		if (error.code === "ENOENT") return void 0;
		throw error;
	}
	const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = readProfile(text, profile || env["AWS_PROFILE"] || "default");
	if (!id || !secret) return void 0;
	return {
		accessKeyId: id,
		secretAccessKey: secret,
		...token ? { sessionToken: token } : {}
	};
}
/** One section of AWS's INI files. */
function readProfile(text, profile) {
	const values = {};
	let isOurs = false;
	for (const line of text.split(/\r?\n/)) {
		const section = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line)?.[1];
		if (section !== void 0) isOurs = section === profile;
		const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
		if (isOurs && name !== void 0 && value !== void 0) values[name] = value;
	}
	return values;
}
async function fromContainer({ env, ask }) {
	const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
	const url = path ? `${CONTAINER}${path}` : full;
	if (!url) return void 0;
	const file = env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
	const token = file ? readFileSync(file, "utf8").trim() : env["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
	return served(await ask(url, { headers: token ? { authorization: token } : {} }, { isMachine: true }));
}
/** IMDSv2 (docs.aws.amazon.com, "Use the Instance Metadata Service"). */
async function fromInstance({ env, ask }) {
	if (env["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return void 0;
	const base = withoutTrailingSlash(env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || METADATA);
	const options = {
		deadlineMs: METADATA_DEADLINE_MS,
		isMachine: true
	};
	const headers = { "x-aws-ec2-metadata-token": await ask(`${base}/latest/api/token`, {
		method: "PUT",
		headers: { "x-aws-ec2-metadata-token-ttl-seconds": "21600" }
	}, options) };
	const roles = `${base}/latest/meta-data/iam/security-credentials/`;
	const [role = ""] = (await ask(roles, { headers }, options)).trim().split("\n");
	if (role === "") return void 0;
	return served(await ask(`${roles}${encodeURIComponent(role)}`, { headers }, options));
}
/** Throws an error that shows nothing of the answer: there may be half a secret in it. */
function served(text) {
	const answer = safeParse(Served, text);
	if (!answer.success) throw new Error("what was answered is not what it has to be");
	const { AccessKeyId, SecretAccessKey, Token } = answer.output;
	return {
		accessKeyId: AccessKeyId,
		secretAccessKey: SecretAccessKey,
		sessionToken: Token
	};
}

// action/registries/ecr.ts
/** Long enough to ask for the registry's token, which then is good for 12 hours. */
const SESSION_SECONDS = 900;
/**
* Signs in to ECR or ECR Public: by an access key, by a role that is assumed by GitHub's OIDC token, or as AWS's own tools
* would on this runner. `undefined` leaves it to the logins that Docker has.
* @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
*/
const ecrLogin = async (host, { username, password, role, region }, env, signal) => {
	const asking = {
		host,
		place: ecrPlace(host),
		env,
		signal
	};
	if (username !== "" && password !== "") return await tokenLogin(accessKey(username, password, env), asking);
	if (role !== "") return await tokenLogin(await assume(role, region, asking), asking);
	return await loginOfRunner(asking);
};
/** One token is good for every registry in its region that whoever asks may use. */
async function tokenLogin(credentials, { host, place, env, signal }) {
	const { url, ...request } = await ecrTokenRequest(place, credentials, env);
	const answer = await exchange(url, {
		...request,
		what: `${host} gives no token`,
		hint: (why) => tokenHint(why, place),
		signal
	});
	const login = readEcrToken(answer);
	if (login === void 0) throw new ActionError("login_failed", `${url} answered without a token`);
	const { username, password, expiresAt } = login;
	const accounts = (env["AWS_ACCOUNT_IDS"] ?? "").split(",").map((account) => account.trim());
	return {
		registry: host,
		username,
		password,
		alsoAt: ecrNeighbours(host, accounts.filter((account) => account !== "")),
		endsAt: expiresAt === void 0 ? endOf$1(answer) : expiresAt * 1e3
	};
}
function tokenHint(why, { service, region }) {
	if (why.includes("does not resolve")) return noRegion(region, "registry");
	if (/security token|signature|UnrecognizedClient/i.test(why)) return "As username and password give the id and the secret of an access key, or AWS and what \"aws ecr get-login-password\" prints; better give aws-role, which needs no secret.";
	return `The role or user needs ${service}:GetAuthorizationToken${service === "ecr-public" ? " and sts:GetServiceBearerToken" : ""}, and to push ${service}:BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage on the repository.`;
}
const noRegion = (region, input) => `Check the region ${region} in ${input}: "aws ec2 describe-regions" lists those that there are.`;
function accessKey(id, secret, env) {
	const session = id.startsWith("ASIA") ? env["AWS_SESSION_TOKEN"] : void 0;
	hide(secret, session);
	return {
		accessKeyId: id,
		secretAccessKey: secret,
		...session && { sessionToken: session }
	};
}
async function assume(role, region, { place, env, signal }) {
	if (!/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(role)) throw new ActionError("bad_input", `input aws-role: "${role}" is not the ARN of a role`, { hint: "Write its ARN: arn:aws:iam::123456789012:role/deploy." });
	const token = await idToken("sts.amazonaws.com", `assume ${role}`, signal);
	const session = `deploy-action-${env["GITHUB_RUN_ID"] ?? ""}`;
	const at = {
		region: region || place.region,
		domain: place.domain
	};
	const { url, ...request } = assumeRoleRequest({
		role,
		session,
		seconds: SESSION_SECONDS,
		token
	}, at, env);
	const answer = await exchange(url, {
		...request,
		what: `the role ${role} cannot be assumed`,
		hint: (why) => roleHint(why, at.region),
		signal
	});
	const credentials = readAssumedRole(answer);
	if (credentials === void 0) throw new ActionError("login_failed", `STS gave no credentials for ${role}`);
	hide(credentials.secretAccessKey, credentials.sessionToken);
	say(`assumed ${role}`);
	return credentials;
}
function roleHint(why, region) {
	if (why.includes("does not resolve")) return noRegion(region, "aws-region");
	if (why.includes("OpenIDConnect provider")) return "Tell the account of GitHub once: aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com";
	return "The trust policy of the role has to name the provider token.actions.githubusercontent.com, the audience sts.amazonaws.com and this repository as subject; AWS says the same of a role that there is not.";
}
/**
* By what AWS's tools find here: what aws-actions/configure-aws-credentials left in the environment, else the identity of the
* machine or container. That one may be meant for something else: when ECR refuses it, Docker's own logins have their turn.
*/
async function loginOfRunner(asking) {
	const found = await findCredentials(asking);
	if (found === void 0) return void 0;
	const { credentials, from } = found;
	hide(credentials.secretAccessKey, credentials.sessionToken);
	if (from === "environment") return await tokenLogin(credentials, asking);
	try {
		const login = await tokenLogin(credentials, asking);
		say(`found AWS credentials: ${from}`);
		return login;
	} catch (error) {
		if (asking.signal.aborted || !(error instanceof ActionError)) throw error;
		say(`AWS credentials (${from}) are of no use: ${error.message}`);
		return;
	}
}
async function findCredentials({ place, env, signal }) {
	try {
		const session = `deploy-action-${env["GITHUB_RUN_ID"] ?? ""}`;
		return await awsCredentials({
			env,
			profile: "",
			session,
			place,
			ask: askBy(signal),
			signal
		});
	} catch (error) {
		signal.throwIfAborted();
		say(error instanceof Error ? error.message : String(error));
		return;
	}
}
const askBy = (signal) => (url, { method = "GET", ...request }, { deadlineMs, isMachine = false } = {}) => ask(url, {
	...request,
	method,
	isDirect: isMachine
}, {
	signal,
	...deadlineMs !== void 0 && { deadlineMs }
});

// action/registries/github.ts
const GITHUB = "github.com";
/** Where images of a GitHub go: ghcr.io, or `containers.` of a company's own (docs.github.com, "Working with the Container registry"). */
const githubRegistry = (serverUrl) => {
	const server = new URL(serverUrl).host;
	return server === GITHUB ? "ghcr.io" : `containers.${server}`;
};
/** Whether a password is the workflow's token: as an input says, or by its form (also where `github-token` is another one). */
const isWorkflowToken = (password, githubToken) => password !== "" && (password === githubToken || password.startsWith("ghs_"));
/**
* Whether the workflow's token is for this registry: that of the GitHub that gave it, or its older ones. To a company's GitHub
* ghcr.io is a stranger like any other.
*/
const isGithubRegistry = (host, serverUrl) => {
	const server = new URL(serverUrl).host;
	if (host === githubRegistry(serverUrl) || host === `docker.${server}`) return true;
	return server === GITHUB && host.endsWith(".pkg.github.com");
};

// action/credentials.ts
/** Beside it stands a token of ECR's; beside any other name the secret of an access key. */
const ECR_TOKEN_USER = "AWS";
/**
* The login that the inputs ask for; undefined leaves Docker's own logins in charge. A password that was given goes before
* what can be had without one. The workflow's token is only ever sent to GitHub's registries: for another host it would
* be a secret handed to a stranger.
* @throws ActionError `login_failed`, `no_id_token`, `bad_input`.
*/
const chooseLogin = async (inputs, run, env, signal) => {
	const { registry, username, password } = inputs;
	sayUnused(inputs);
	const isOfWorkflow = isWorkflowToken(password, inputs.githubToken);
	const isGiven = password !== "" && username !== "" && !isOfWorkflow;
	if (isEcr(registry) && !(isGiven && username === ECR_TOKEN_USER)) {
		const key = isGiven ? {
			username,
			password
		} : {
			username: "",
			password: ""
		};
		const { awsRole: role, awsRegion: region } = inputs;
		return ecrLogin(registry, {
			...key,
			role,
			region
		}, env, signal);
	}
	if (isGiven) return {
		registry,
		username,
		password
	};
	const { azureClientId: clientId, azureTenantId: tenantId } = inputs;
	if (isAcr(registry) && (clientId !== "" || tenantId !== "")) {
		if (clientId === "" || tenantId === "") throw new ActionError("bad_input", "azure-client-id and azure-tenant-id go together", { hint: "Give both: az ad app list and az account show print them." });
		return acrLogin(registry, {
			clientId,
			tenantId
		}, env, signal);
	}
	const { gcpProvider: provider, gcpServiceAccount: serviceAccount } = inputs;
	if (isGoogleRegistry(registry) && (provider !== "" || serviceAccount !== "")) {
		if (provider === "") throw new ActionError("bad_input", "gcp-service-account needs gcp-workload-identity-provider", { hint: "Give the name of the provider: projects/123/locations/global/workloadIdentityPools/github/providers/acme." });
		return gcpLogin(registry, {
			provider,
			serviceAccount
		}, env, signal);
	}
	const connection = env["DOCKERHUB_OIDC_CONNECTIONID"]?.trim() ?? "";
	if (registry === "docker.io" && connection !== "") return dockerHubLogin(username, connection, signal);
	if (!isOfWorkflow || username === "" || !isGithubRegistry(registry, run.serverUrl)) return;
	return {
		registry,
		username,
		password
	};
};
/** What signs in to one kind of registry only, where the registry is none of it: of several images it may be the second one's. */
function sayUnused(inputs) {
	const { registry, awsRole, azureClientId, gcpProvider } = inputs;
	const unused = [
		awsRole !== "" && !isEcr(registry) && "aws-role",
		azureClientId !== "" && !isAcr(registry) && "azure-client-id",
		gcpProvider !== "" && !isGoogleRegistry(registry) && "gcp-workload-identity-provider"
	];
	for (const name of unused.filter((one) => one !== false)) say(`input ${name} does nothing at ${registry}: write the host that it is for as registry`);
}

// action/git-context.ts
/**
* The run's commit as a build context, which `{{defaultContext}}` stands for (docker/actions-toolkit, `gitContext`).
* @param isQuery whether it is written with a query instead of a fragment
*/
const defaultContext = (run, env, isQuery) => {
	const isHead = run.ref.startsWith("refs/pull/") && isTrue(env[PR_HEAD]);
	const branch = run.ref.startsWith("refs/") ? run.ref : `refs/heads/${run.ref}`;
	const ref = isHead ? branch.replace(/\/merge$/, "/head") : branch;
	const sha = isHead ? run.payload.pull_request?.head?.sha ?? "" : run.sha;
	const commit = sha === "" ? ref : sha;
	return `${run.serverUrl}/${run.repository}.git${isQuery ? `?ref=${commit}` : `#${commit}`}`;
};
const PR_HEAD = "DOCKER_DEFAULT_GIT_CONTEXT_PR_HEAD_REF";
/** Whether buildx is to get Git contexts with a query. */
const asksForQuery = (env) => isTrue(env["BUILDX_SEND_GIT_QUERY_AS_INPUT"]);
/** Whether this version of buildx does, as all since 0.29. */
const readsQuery = (buildxVersion = "") => {
	const [major = 0, minor = 0] = buildxVersion.split(".").map(Number);
	return major > 0 || minor >= 29;
};
/**
* Fills `{{defaultContext}}` in.
* @throws ActionError `bad_input` for another expression, or where there is no repository.
*/
const fillContexts = (inputs, own) => ({
	...inputs,
	context: fill(inputs.context, "context", own),
	buildContexts: inputs.buildContexts.map((entry) => fill(entry, "build-contexts", own))
});
function fill(text, input, own) {
	const filled = text.replace(/\{{2,3}\s*defaultContext\s*\}{2,3}/g, own);
	if (!filled.includes("{{")) return filled;
	throw new ActionError("bad_input", `input ${input}: "${text}" has an expression that is not known`, { hint: "Write {{defaultContext}} for the Git URL of this run’s commit, as {{defaultContext}}:folder." });
}
const isTrue = (text) => /^(?:1|t|true)$/i.test(text ?? "");

// action/build-image.ts
/**
* Signs in, builds and pushes. A login that was asked for may end before a long build does: then once more, with a new one, and all
* that was built comes from the builder's cache.
* @throws ActionError of the inputs, the login and the build.
*/
const buildImage = async (inputs, run, signal) => {
	const metadata = await metadataOf(inputs, run, signal);
	if (isPushed(inputs) && metadata.tagNames.length + inputs.tags.length === 0) throw noTag(run);
	const plan = planPush(inputs, metadata.tagNames);
	reportMetadata(metadata, plan.references, inputs.separators);
	const described = {
		...inputs,
		labels: metadata.labels,
		annotations: metadata.builtAnnotations
	};
	const login = await chooseLogin(inputs, run, process.env, signal).catch((error) => goOnWithout(error, inputs));
	sayWhoPushes(login, inputs, plan.deployed.registry);
	try {
		return told(await buildAs(login, described, plan, run, signal), plan);
	} catch (error) {
		if (login === void 0 || !isTooOld(login, error)) throw error;
	}
	say("the registry refuses the login, which ended during the build: once more, with a new one");
	return told(await buildAs(await chooseLogin(inputs, run, process.env, signal), {
		...described,
		noCache: false,
		noCacheFilters: [],
		pull: false
	}, plan, run, signal), plan);
};
/** Another clock than the registry's may be late by so much. */
const CLOCK_SKEW_MS = 6e4;
/** Whether a push is refused for the age of its login. One that is still good would be refused again, for a right that is missing. */
function isTooOld({ endsAt }, error) {
	if (endsAt === void 0 || !(error instanceof DockerError)) return false;
	const { failure } = error;
	if (failure === void 0 || !isRefused(failure)) return false;
	return saysExpired(failure) || Date.now() >= endsAt - CLOCK_SKEW_MS;
}
/** A build that pushes nothing may do without: a pull request from a fork has no secret and no OIDC token. */
function goOnWithout(error, inputs) {
	if (!(error instanceof ActionError && ["no_id_token", "login_failed"].includes(error.code)) || isPushed(inputs)) throw error;
	warn(`not signed in to ${inputs.registry}: ${error.message}`);
}
function told(result, { references, deployed }) {
	const { digest, ...rest } = result;
	if (digest === void 0) return {
		references,
		...rest
	};
	say(`pushed ${references.join(", ")}`);
	say(`digest ${digest}`);
	return {
		image: formatImage({
			...deployed,
			digest
		}),
		digest,
		references,
		...rest
	};
}
const noTag = ({ ref, eventName }) => new ActionError("bad_input", `input tags: none of its rules gives a tag for ${ref || "no ref"} (${eventName})`, { hint: "Add one that always does, as type=raw,value=…, run the job only when one fits, or write tag-context: git where the workflow checks another commit out." });
/** With what expressions, versions and dates need, which nothing but a build does. */
async function metadataOf(inputs, run, signal) {
	const [{ readMetadata }, { readCheckout, readCommitDate }] = await Promise.all([import("./metadata.js"), import("./checkout.js")]);
	const directory = process.cwd();
	const { repository, apiUrl } = run;
	const github = {
		repository,
		apiUrl,
		token: inputs.githubToken,
		signal
	};
	return await readMetadata(inputs, run, {
		env: process.env,
		now: /* @__PURE__ */ new Date(),
		readCheckout: () => readCheckout(directory),
		readCommitDate: (sha) => readCommitDate(sha, {
			directory,
			...github
		})
	});
}
async function buildAs(login, inputs, { references, deployed }, run, signal) {
	const docker = prepareDocker(login, process.env, run.temporary);
	const { directory } = docker;
	try {
		const work = mkdtempSync(join(directory, "build-"));
		const isQuery = asksForQuery(docker.env) && readsQuery(await buildxVersion({
			env: docker.env,
			signal
		}));
		const filled = fillContexts(inputs, () => defaultContext(run, docker.env, isQuery));
		const token = gitToken(filled, run);
		const secrets = prepareSecrets(filled, work, process.env);
		if (token !== void 0) secrets.push(`id=GIT_AUTH_TOKEN.${token.host},env=${GIT_TOKEN_VARIABLE}`);
		const env = {
			...docker.env,
			...token && { ["DEPLOY_ACTION_GIT_TOKEN"]: token.value }
		};
		return await build({
			...filled,
			references,
			secrets,
			runUrl: run.runUrl
		}, deployed, {
			directory: work,
			call: {
				env,
				signal
			}
		});
	} finally {
		await removeDocker(directory);
	}
}
function sayWhoPushes(login, inputs, host) {
	const verb = isPushed(inputs) ? `pushing to ${host}` : "building";
	if (login === void 0) return say(`${verb} with the logins that Docker has already`);
	say(`signing in to ${inputs.registry} as ${login.username}`);
	if (isPushed(inputs) && host !== inputs.registry) say(`the image goes to ${host}: for a login there, write registry: ${host}`);
}

// action/fork.ts
/**
* The error with the hint of a pull request from a fork, where that is the cause: GitHub gives such a run a token that can only
* read, no secret and no OIDC token.
*/
const explainFork = (error, run) => {
	if (!isFromFork(run) || !(error instanceof ActionError)) return error;
	if (!(error.code === "no_id_token" || error.code === "login_failed" || error instanceof DockerError && isRefused(error.failure))) return error;
	return new ActionError(error.code, error.message, {
		hint: "This is a pull request from a fork, which gets no secret, no OIDC token and no right to push. Build it with push: ${{ github.event_name != 'pull_request' }}: then it is neither pushed nor deployed.",
		cause: error
	});
};
/** `pull_request_target` runs with the repository's own rights. A fork may be gone already: then its repository is `null`. */
const isFromFork = ({ eventName, repository, payload }) => {
	const head = payload.pull_request?.head?.repo;
	return eventName === "pull_request" && head !== void 0 && head?.full_name !== repository;
};

// action/idempotency-key.ts
/**
* The key by which a receiver takes a hook once: of this attempt of this step for this app, so that a retry within it is the same
* and everything else is another. A runner whose run ids repeat (act) gets a random one, or what the workflow gives.
*/
const idempotencyKey = (given, run, app) => given === "" ? asHeader(joined(partsOf(run), app)) : asHeader(given);
/** The key of what takes a deployment back. */
const undoingKey = (key) => asHeader(`${key}:back`);
/** One id for what goes to several receivers, as a key without the app. */
const releaseId = (given, run) => given === "" ? asHeader(joined(partsOf(run))) : asHeader(given);
const partsOf = ({ runId, runAttempt, job, step, hasOwnRunIds }) => joined(hasOwnRunIds && runId !== "" ? runId : randomUUID(), runAttempt, job, step);
const joined = (...parts) => parts.filter((part) => part !== "").join(":");
/** Visible characters without a dot (Standard Webhooks), as many as a receiver takes; what is left out lives on in a hash. */
function asHeader(key) {
	const plain = key.replace(/[^\w:-]/g, "-");
	if (plain === key && key.length <= 256) return key;
	const hash = createHash("sha256").update(key).digest("hex").slice(0, 16);
	return `${plain.slice(0, 256 - hash.length - 1)}-${hash}`;
}

// action/hook-target.ts
/**
* Reads one line of the input `url`.
* @throws ActionError `bad_input`; the message never holds the password.
*/
const parseHookTarget = (line) => {
	const url = parseUrl(line);
	const basic = url.username === "" && url.password === "" ? void 0 : {
		username: decode(url.username),
		password: decode(url.password)
	};
	url.username = "";
	url.password = "";
	url.hash = "";
	const path = withoutTrailingSlash(url.pathname);
	const app = /\/hooks\/([^/]+)$/.exec(path)?.[1] ?? basic?.username.replace(/^\$/, "");
	if (app === void 0 || app === "") throw new ActionError("bad_input", `input url: ${url.href} names no app`, { hint: "A hook URL ends in /hooks/ and the app: https://deploy.example.com/hooks/api. \"deploy-receiver hook api\" prints it." });
	return {
		url: `${url.origin}${path}${url.search}`,
		app,
		...basic && { basic }
	};
};
function parseUrl(line) {
	let url;
	try {
		url = new URL(line);
	} catch (cause) {
		const shown = line.includes("@") ? `…@${line.slice(line.lastIndexOf("@") + 1)}` : line;
		throw new ActionError("bad_input", `input url: "${shown}" is not a URL`, {
			hint: "Write it whole, as https://deploy.example.com/hooks/api.",
			cause
		});
	}
	if (url.protocol === "https:" || url.protocol === "http:") return url;
	throw new ActionError("bad_input", `input url: it begins with ${url.protocol}//`, { hint: "A hook is posted to an https:// URL." });
}
function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

// action/input-reader.ts
/** @param input gives an input's text; `''` for none. */
const createReader = (input) => {
	const text = (name, fallback = "") => input(name) || fallback;
	const untrimmed = (name, fallback = "") => input(name, { trimWhitespace: false }) || fallback;
	return {
		text,
		untrimmed,
		lines: (name, form = {}) => parseList(form.keepSpace === true ? untrimmed(name) : text(name), {
			name,
			keepCommas: true,
			...form
		}),
		items: (name) => parseList(text(name), {
			name,
			keepCommas: false
		}),
		rows: (name) => parseLines(text(name), name),
		boolean: (name, fallback) => readBoolean(name, text(name, String(fallback))),
		duration: (name, fallback) => readDuration(name, text(name, fallback))
	};
};
/** Booleans of YAML 1.2's core schema, as every GitHub Action reads them. */
function readBoolean(name, text) {
	if ([
		"true",
		"True",
		"TRUE"
	].includes(text)) return true;
	if ([
		"false",
		"False",
		"FALSE"
	].includes(text)) return false;
	throw new ActionError("bad_input", `input ${name}: "${text}" is not a boolean`, { hint: "Write true or false." });
}
function readDuration(name, text) {
	const ms = parseDuration(text);
	if (ms !== void 0 && ms > 0 && ms <= MAX_DURATION_MS) return Math.ceil(ms);
	throw new ActionError("bad_input", `input ${name}: "${text}" is not a duration`, { hint: "Write a number with its unit, as 90s, 10m or 1h30m; at most 596h." });
}

// action/metadata/flavor.ts
/**
* Reads the input `flavor`: `latest=`, `prefix=` and `suffix=`; `onlatest=true` behind one of the last two means `latest` too.
* @param lines fields of each line
* @throws ActionError `bad_input`.
*/
const parseFlavor = (lines) => {
	const flavor = {
		latest: "auto",
		prefix: "",
		suffix: "",
		prefixLatest: false,
		suffixLatest: false
	};
	for (const fields of lines) {
		let last;
		for (const field of fields) {
			const [, name = "", value = ""] = /^([^=]*)=([^]*)$/.exec(field) ?? [];
			const key = name.trim().toLowerCase();
			if (!setFlavor(flavor, {
				key,
				value: value.trim(),
				last
			})) throw notFlavor(fields);
			last = key;
		}
	}
	return flavor;
};
/** @returns whether there is such a thing. */
function setFlavor(flavor, { key, value, last }) {
	switch (key) {
		case "latest":
			if (![
				"auto",
				"true",
				"false"
			].includes(value)) return false;
			flavor.latest = value === "auto" ? "auto" : value === "true";
			return true;
		case "prefix":
		case "suffix":
			flavor[key] = value;
			return true;
		case "onlatest":
			if (!["true", "false"].includes(value)) return false;
			if (last === "prefix" || last === "suffix") flavor[`${last}Latest`] = value === "true";
			return true;
		default: return false;
	}
}
const notFlavor = (fields) => new ActionError("bad_input", `input flavor: "${fields.join(",")}" is not one of its lines`, { hint: "Write latest=auto (or true, false), prefix=… or suffix=…, with ,onlatest=true behind one of these two." });

// action/metadata/images.ts
/**
* Reads the input `images` of docker/metadata-action: repositories, one a line, bare or as `name=…,enable=…`. A single line may
* hold several bare ones.
* @param lines fields of each line
* @returns those that are enabled, in lower case
* @throws ActionError `bad_input`.
*/
const parseImages = (lines) => {
	const [first = []] = lines;
	const images = lines.length === 1 && first.every((field) => !field.includes("=")) ? first.filter((field) => field !== "").map(plain) : lines.map(parseImage);
	const enabled = images.filter(({ isEnabled }) => isEnabled).map(({ name }) => name);
	if (enabled.length > 0 || images.length === 0) return enabled;
	throw new ActionError("bad_input", "input images: none of them is enabled", { hint: "Enable one, or run the step only when one is: if: …." });
};
const plain = (name) => ({
	name: name.toLowerCase(),
	isEnabled: true
});
function parseImage(fields) {
	const { name = "", enable = "true", ...others } = parseAttributes(fields, "name");
	const isKnown = Object.keys(others).length === 0 && ["true", "false"].includes(enable);
	if (name !== "" && isKnown) return {
		name: name.toLowerCase(),
		isEnabled: enable === "true"
	};
	throw new ActionError("bad_input", `input images: "${fields.join(",")}" is not an image`, { hint: "Write ghcr.io/acme/api, or name=ghcr.io/acme/api,enable=true (or false)." });
}

// action/metadata/read-tags.ts
/**
* Reads the input `tags`, which is docker/metadata-action's and docker/build-push-action's at once: a line with attributes or an
* expression is a rule, what has a slash or a colon is a whole reference, and a bare name is the rule `type=raw` with it.
* @param lines fields of each line
* @throws ActionError `bad_input` for a rule that is none.
*/
const readTags = (lines) => {
	const tags = [];
	const tagRules = [];
	for (const fields of lines) if (fields.some(isOfRule)) tagRules.push(parseRule(fields));
	else for (const field of fields.filter((one) => one !== "")) if (/[/:]/.test(field)) tags.push(field);
	else tagRules.push(parseRule([field]));
	return {
		tags,
		tagRules
	};
};
const isOfRule = (field) => field.includes("=") || field.includes("{{");

// protocol/preview-name.ts
/** Between the name of an app and that of a preview of it. */
const BETWEEN = "--";
/** A label of DNS (RFC 1035, section 2.3.4): the two of them are one. */
const LONGEST = 63;
const HASH_DIGITS = 8;
/** `api--pr-42`: the app that a preview of `api` is. */
const previewApp = (app, preview) => `${app}${BETWEEN}${preview}`;
const pullRequestPreview = (number) => `pr-${number}`;
/**
* The preview of a branch: its name where that is a label of DNS that stands for no other, else what is left of it, and a hash. No two
* branches of an app have the same, and none has that of a pull request.
*/
function branchPreview(app, branch) {
	if (isLabel(app, branch) && !/^pr-\d+$/.test(branch) && !HASHED.test(branch)) return branch;
	const hash = createHash("sha256").update(branch).digest("hex").slice(0, HASH_DIGITS);
	const room = LONGEST - previewApp(app, "").length - HASH_DIGITS - 1;
	const start = branch.toLowerCase().split(/[^a-z0-9]/).filter((word) => word !== "").join("-").slice(0, room).replace(/-$/, "");
	return start === "" ? `x-${hash}` : `${start}-${hash}`;
}
/** What a sender calls a preview: by the name that it has, or by that of a branch. */
const calledPreview = (app, text) => isLabel(app, text) ? text : branchPreview(app, text);
const isLabel = (app, text) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text) && previewApp(app, text).length <= LONGEST;
/** As the names are that are made here: a branch that is called so has another hash behind it. */
const HASHED = /-[0-9a-f]{8}$/;

// action/preview.ts
/**
* What the input `preview` says: that of the run's pull request or branch, or one by its name; `undefined` for the app itself.
* @throws ActionError `bad_input` where the run has neither pull request nor branch.
*/
const previewOf = ({ preview, hooks }, run) => {
	const [target] = hooks;
	if (!asksForPreview(preview) || target === void 0) return void 0;
	return {
		name: isYes(preview) ? ownName(target.app, run) : calledPreview(target.app, preview),
		target,
		isOver: isPullRequest(run) && run.payload.action === "closed"
	};
};
/** `api--pr-42`: the app that it is. */
const previewAppOf = ({ name, target }) => previewApp(target.app, name);
/** The environment on GitHub's pages: that of a preview is its own, below the one that the input names. `''` for none. */
const environmentOf = ({ environment }, preview) => environment === "" || preview === void 0 ? environment : `${environment}/${preview.name}`;
/** What tells the GitHub deployments of its app apart from those of others in that environment. */
const taskOf = ({ target }) => `deploy:${target.app}`;
/** Whether a run is for a preview: as YAML's booleans, and any other text is a name. */
const asksForPreview = (text) => text !== "" && ![
	"false",
	"False",
	"FALSE"
].includes(text);
const isYes = (text) => [
	"true",
	"True",
	"TRUE"
].includes(text);
function ownName(app, run) {
	if (run.pullRequest !== void 0) return pullRequestPreview(String(run.pullRequest));
	const branch = /^refs\/heads\/(.+)$/s.exec(run.ref)?.[1];
	if (branch !== void 0 && run.eventName !== "delete") return branchPreview(app, branch);
	throw new ActionError("bad_input", `input preview: "true" on ${run.eventName || "no event"} of ${run.ref || "no ref"}, which is of neither a pull request nor a branch`, { hint: "Run the step on pull_request or on a push to a branch, or write a name: pr-42." });
}
const isPullRequest = ({ eventName }) => eventName === "pull_request" || eventName === "pull_request_target";

// action/inputs.ts
const ON_FAILURE = [
	"stop",
	"continue",
	"rollback"
];
/**
* Reads the inputs. An absent or empty one means its documented default, also when the Action is run without `action.yml`
* applied.
* @param input gives an input's text, trimmed; `''` for none
* @throws ActionError `bad_input`, naming the input, its value and the remedy.
*/
const readInputs = (run, input = getInput) => {
	const reader = createReader(input);
	const { text, untrimmed, lines, rows, boolean, duration } = reader;
	const images = parseImages(rows("images"));
	const image = text("image", images[0]);
	const githubToken = text("github-token");
	const password = text("password", githubToken);
	const home = password === "" || isWorkflowToken(password, githubToken) ? githubRegistry(run.serverUrl) : "ghcr.io";
	const { tags, tagRules } = readTags(rows("tags"));
	const [reference = ""] = tagRules.length > 0 ? [] : tags;
	const registry = readRegistry(text("registry"), image || reference, home);
	const inputs = Object.freeze({
		hooks: lines("url").map(parseHookTarget),
		onFailure: readOnFailure(text("on-failure", "stop")),
		maxParallel: readMaxParallel(text("max-parallel", "1")),
		secret: text("secret"),
		image: image === "" ? defaultImage(registry, run) : image,
		imageGiven: text("image") !== "",
		registry,
		username: text("username", run.actor),
		password,
		awsRole: text("aws-role"),
		awsRegion: text("aws-region"),
		azureClientId: text("azure-client-id"),
		azureTenantId: text("azure-tenant-id"),
		gcpProvider: text("gcp-workload-identity-provider"),
		gcpServiceAccount: text("gcp-service-account"),
		...readBuildInputs(reader),
		tags,
		tagRules,
		flavor: parseFlavor(rows("flavor")),
		images,
		tagContext: readTagContext(text("tag-context", "workflow")),
		separators: {
			tags: untrimmed("sep-tags", "\n"),
			labels: untrimmed("sep-labels", "\n"),
			annotations: untrimmed("sep-annotations", "\n")
		},
		build: boolean("build", true),
		rollback: text("rollback"),
		preview: text("preview"),
		environment: text("environment"),
		environmentUrl: text("environment-url"),
		attestations: lines("attestations"),
		wait: boolean("wait", true),
		timeoutMs: duration("timeout", "10m"),
		id: text("id"),
		githubToken
	});
	checkTogether(inputs);
	return inputs;
};
function readTagContext(text) {
	if (text === "workflow" || text === "git") return text;
	throw new ActionError("bad_input", `input tag-context: "${text}" is not one`, { hint: "Write workflow (what the event says) or git (what is checked out)." });
}
function readOnFailure(text) {
	const known = ON_FAILURE.find((each) => each === text);
	if (known !== void 0) return known;
	throw new ActionError("bad_input", `input on-failure: "${text}" is not one`, { hint: `Write ${ON_FAILURE.join(", ")}.` });
}
function readMaxParallel(text) {
	if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
	throw new ActionError("bad_input", `input max-parallel: "${text}" is not a count`, { hint: "Write how many receivers may be at work at once, 1 or more." });
}
/** One that is given is meant, whatever the image is. Else it is where the image goes, and where nothing says so `home`. */
function readRegistry(given, image, home) {
	if (given !== "") return registryHost(given);
	if (image === "") return home;
	try {
		return parseImage$1(image).registry;
	} catch {
		return home;
	}
}
function defaultImage(registry, run) {
	return run.repository === "" ? "" : `${registry}/${run.repository}`.toLowerCase();
}
function checkTogether(inputs) {
	if (inputs.rollback !== "" && inputs.hooks.length === 0) throw new ActionError("bad_input", `input rollback: "${inputs.rollback}" without url`, { hint: "Give url, the hook of the app to roll back: https://deploy.example.com/hooks/api." });
	if (!inputs.build && inputs.rollback === "" && inputs.hooks.length === 0) throw new ActionError("bad_input", "input build is false and url is empty: nothing to do", { hint: "Give url to deploy image as it is, or leave build out to build and push it." });
	const urls = inputs.hooks.map(({ url }) => url);
	const twice = urls.find((url, index) => urls.indexOf(url) !== index);
	if (twice !== void 0) throw new ActionError("bad_input", `input url: ${twice} stands there twice`, { hint: "Give each receiver once." });
	if (inputs.onFailure === "rollback" && !inputs.wait) throw new ActionError("bad_input", "input on-failure: \"rollback\" beside wait: false", { hint: "Leave wait out: what is not followed is not known to fail." });
	if (asksForPreview(inputs.preview)) checkPreview(inputs);
	const pushing = inputs.push ? void 0 : inputs.outputs.find(asksForPush);
	if (pushing !== void 0) throw new ActionError("bad_input", `input outputs: "${pushing}" pushes, beside push: false`, { hint: "Take the line out, or push=true out of it (type=docker, type=oci and type=local push nothing), or write push: true." });
	if (inputs.image === "" && inputs.rollback === "") throw new ActionError("bad_input", "input image is empty, and GITHUB_REPOSITORY is too", { hint: "Give image, the repository to push to: ghcr.io/acme/api." });
}
function checkPreview({ preview, hooks, rollback }) {
	if (rollback !== "") throw new ActionError("bad_input", `input preview: "${preview}" beside rollback: ${rollback}`, { hint: "Leave one of them out: a preview is not rolled back, but deployed with another image." });
	if (hooks.length !== 1) {
		const beside = hooks.length === 0 ? "without url" : `beside ${hooks.length} lines of url`;
		throw new ActionError("bad_input", `input preview: "${preview}" ${beside}`, { hint: "Give one url, the hook of the app that has previews; for another app or receiver, write a step of its own." });
	}
	if (hooks.some(({ basic }) => basic !== void 0)) throw new ActionError("bad_input", "input preview: user and password stand in url", { hint: "Such a hook knows no previews and would deploy the app itself: leave them out of url, and sign with OIDC or secret." });
}

// action/render-preview.ts
/** Of why it is not deployed, in characters. */
const MAX_WHY = 2e3;
const MARKS = {
	live: "✅",
	"under way": "⏳",
	"not deployed": "❌",
	gone: "🗑️",
	"not removed": "❌"
};
/** The news of a run; none where a newer one has them, or where nothing is known. */
const previewNews = ({ target }, result, { error, url }) => {
	if (result?.status === "superseded") return void 0;
	if (error instanceof ActionError && error.newerRun !== void 0) return void 0;
	const digest = result?.deployment?.image.digest;
	const noHttps = result?.deployment?.no_https;
	const known = {
		...url !== void 0 && { url },
		...noHttps !== void 0 && { noHttps },
		...digest !== void 0 && { digest }
	};
	if (result !== void 0 && result.status !== "failed") return {
		became: result.status === "succeeded" ? "live" : "under way",
		...known
	};
	return {
		became: "not deployed",
		...digest && { digest },
		...whyOf(error, target)
	};
};
/** That it could not be taken away, and still stands. */
const notRemoved = ({ target }, error) => ({
	became: "not removed",
	...whyOf(error, target)
});
/** What the receiver says. Of all else the log of the run is the place. */
function whyOf(error, { url }) {
	if (!(error instanceof ActionError) || !TOLD_CODES.has(error.code)) return {};
	return { why: describeError(error).replaceAll(url, "the receiver").slice(0, MAX_WHY) };
}
const TOLD_CODES = /* @__PURE__ */ new Set(["rejected", "deployment_failed"]);
/** The text of a comment. In `<code>` nothing is Markdown, and `@somebody` tells nobody. */
const renderPreview = ({ became, url, noHttps, digest, why }, preview, { runUrl, payload }) => {
	const commit = payload.pull_request?.head?.sha;
	return [`### ${MARKS[became]} Preview ${escape(previewAppOf(preview))}: ${became}`, table([
		...url === void 0 ? [] : [row("URL", link(url))],
		...noHttps === void 0 ? [] : [row("HTTPS", code(`not yet: ${noHttps}`))],
		...digest === void 0 ? [] : [row("Digest", code(digest))],
		...commit === void 0 ? [] : [row("Commit", code(commit))],
		...why === void 0 ? [] : [row("Why", code(why))],
		...runUrl === "" ? [] : [row("Run", link(runUrl))]
	])].join("\n\n");
};

// action/preview-comment.ts
/**
* Says on the pull request what became of its preview, in the one comment that it has of it. What is or was to be gone is said only where
* there is a comment already. Without the right to it there is a notice.
*/
const commentOnPreview = async (news, { preview, run, token }) => {
	const number = pullRequestOf(run);
	if (number === void 0 || token === "" || run.repository === "") return;
	const [owner = "", repo = ""] = run.repository.split("/");
	const octokit = await connect(token);
	const marker = markerOf(preview);
	const body = `${marker}\n${renderPreview(news, preview, run)}`;
	const matter = {
		about: `pull request ${number}`,
		act: "comment on it",
		permission: "pull-requests: write",
		tell: note
	};
	const did = await askGithub(matter, async (signal) => {
		const where = {
			owner,
			repo,
			request: { signal }
		};
		const id = await findComment(octokit, marker, {
			...where,
			issue_number: number
		});
		if (id === void 0 && ["gone", "not removed"].includes(news.became)) return "has no comment to update";
		if (id === void 0) await octokit.issues.createComment({
			...where,
			issue_number: number,
			body
		});
		else await octokit.issues.updateComment({
			...where,
			comment_id: id,
			body
		});
		return id === void 0 ? "has a comment" : "has its comment updated";
	});
	if (did !== void 0) say(`pull request ${number} ${did}`);
};
/** Whoever wrote it: a workflow's token and a person's leave the same comment. */
async function findComment(octokit, marker, where) {
	for await (const { data } of octokit.paginate.iterator(octokit.issues.listComments, where)) {
		const found = data.find(({ body }) => body?.startsWith(marker));
		if (found !== void 0) return found.id;
	}
}
/** Nobody sees it. The hook's address, which may be meant for no other eyes, is in it as a hash. */
const markerOf = (preview) => {
	const hash = createHash("sha256").update(preview.target.url).digest("hex").slice(0, 16);
	return `<!-- deploy-action: preview ${previewAppOf(preview)} at ${hash} -->`;
};
/** Also of a comment on it, by which a maintainer's workflow may be started. */
const pullRequestOf = ({ pullRequest, payload: { issue } }) => pullRequest ?? (issue?.pull_request === void 0 ? void 0 : issue.number);

// action/hook.ts
/** Pauses between the tries: 6 of them within a minute and a half. */
const PAUSES_MS = [
	1e3,
	2e3,
	5e3,
	15e3,
	6e4
];
/** A hook is answered as soon as it is stored. */
const ANSWER_TIMEOUT_MS = 3e4;
const RETRIED_STATUSES = /* @__PURE__ */ new Set([
	429,
	502,
	503,
	504
]);
/** A conflict with a time to wait ends by itself: a preview that is being taken away. */
const isWorthAnotherTry = ({ status, headers }) => RETRIED_STATUSES.has(status) || status === 409 && headers["retry-after"] !== void 0;
/**
* Posts a hook, and again when nobody answered or the answer was 429, 502, 503, 504, or 409 with `Retry-After`. Each try has the
* same bytes and the same idempotency key, so that a hook that did arrive starts nothing twice.
* @throws ActionError `unreachable`, `rejected`, `bad_answer`, `no_id_token`, `cancelled`.
*/
const postHook = async (delivery) => {
	const { url } = delivery.target;
	const body = JSON.stringify(delivery.body);
	for (let attempt = 0;; attempt++) {
		const pauseMs = PAUSES_MS[attempt];
		const answer = await tryOnce(delivery, body);
		if ("error" in answer) {
			const { why, hint } = explainNetworkError(answer.error, url);
			if (pauseMs === void 0 || !isPassing(answer.error)) throw new ActionError("unreachable", why, {
				hint,
				cause: answer.error
			});
			say(`${why}; trying again in ${pauseMs / 1e3} s`);
			await delivery.pause(pauseMs);
			continue;
		}
		if (isWorthAnotherTry(answer) && pauseMs !== void 0) {
			const waitMs = retryAfterMs(answer.headers["retry-after"]) ?? pauseMs;
			say(`${url} answered ${answer.status}; trying again in ${Math.ceil(waitMs / 1e3)} s`);
			await delivery.pause(waitMs);
			continue;
		}
		if (answer.status < 200 || answer.status > 299) throw rejected({
			...answer,
			url,
			app: delivery.target.app
		});
		return readOutcome(answer, delivery);
	}
};
async function tryOnce(delivery, body) {
	const headers = await delivery.authorize(Buffer.from(body), delivery.body.id, delivery.signal);
	try {
		const answer = await send(delivery.target.url, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				accept: "application/json, application/problem+json",
				...headers
			},
			body,
			answerTimeoutMs: ANSWER_TIMEOUT_MS,
			signal: AbortSignal.any([delivery.signal, AbortSignal.timeout(2 * ANSWER_TIMEOUT_MS)])
		});
		return {
			status: answer.status,
			headers: answer.headers,
			text: await readText(answer)
		};
	} catch (error) {
		if (delivery.signal.aborted) throw new ActionError("cancelled", "cancelled while the hook was posted", { cause: error });
		return { error };
	}
}
/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), at most two minutes. */
const retryAfterMs = (value, now = Date.now()) => {
	if (value === void 0) return void 0;
	const ms = /^\d+$/.test(value) ? Number(value) * 1e3 : Date.parse(value) - now;
	return Number.isNaN(ms) ? void 0 : Math.min(Math.max(ms, 0), 12e4);
};
const Taken = object({
	deployment: Deployment,
	follow: optional(Accepted.entries.follow)
});
/** The answer to what makes no deployment. */
const Told = object({
	result: string(),
	detail: string()
});
/** What has to be hidden, also in an answer that is not one otherwise: its beginning is shown. */
const WithToken = object({ follow: object({ token: string() }) });
function readOutcome({ status, text }, { target, body }) {
	const answer = parseJson(text);
	if (is(WithToken, answer)) hide(answer.follow.token);
	const parsed = safeParse(Taken, answer);
	if (parsed.success) {
		const { deployment, follow } = parsed.output;
		return {
			kind: "accepted",
			deployment,
			...follow && { follow }
		};
	}
	if (body.remove === true && is(Told, answer)) return {
		kind: "taken",
		status,
		said: `${answer.result}: ${answer.detail}`
	};
	if (target.basic !== void 0) return {
		kind: "taken",
		status
	};
	const shown = text.trim() === "" ? "nothing" : text.trim().slice(0, 200);
	throw new ActionError("bad_answer", `${target.url} answered ${status} with no deployment: ${shown}`, { hint: "Check that url is the hook of a deploy-receiver (\"deploy-receiver hook\" prints it)." });
}
function parseJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}

// protocol/event-line.ts
/** An event as a line for people: the same in a workflow's log and on the VM. `''` for a step that begins. */
function eventLine(event) {
	switch (event.type) {
		case "step": return event.status === "running" ? "" : stepLine(event);
		case "progress": return `  ${event.step.padEnd(8)} ${progressWords(event)}`;
		case "image": return imageLine(event);
		case "live": return "● live: new requests go to the new version";
		case "started": return "started";
		case "finished": return event.status === "succeeded" ? "✓ succeeded" : `✗ ${event.status}`;
		case "unknown": return unknownLine(event);
	}
}
/** `✓ pull       812 ms  12.3 MB` */
const stepLine = ({ step, status, ms, message }) => {
	const mark = status === "succeeded" ? "✓" : "✗";
	const time = ms === void 0 ? "" : showDuration(ms);
	return `${mark} ${step.padEnd(8)} ${time.padStart(9)}${message ? `  ${message}` : ""}`.trimEnd();
};
const imageLine = ({ digest, previous }) => previous === void 0 ? `  image    ${digest}` : `  image    ${digest}, in place of ${previous.digest}`;
/** Of a newer receiver: its own words say more than nothing. */
const unknownLine = ({ kind, step, message }) => `  ${(step ?? kind).padEnd(8)} ${message ?? kind}`;
/** What a step tells while it runs: `12.3 MB of 80 MB (15 %)`. */
const progressWords = ({ message, current, total }) => {
	if (current === void 0 || total === void 0 || total === 0) return message;
	const percent = Math.floor(100 * current / total);
	return message.includes("%") ? message : `${message} (${percent} %)`;
};

// action/progress.ts
/** After so long without a line, one says that it still runs. */
const HEARTBEAT_MS = 15e3;
/** Shortest time between two lines about the bytes of a pull. */
const PULL_LINE_MS = 3e3;
/**
* One line for each step that ended, with its time; pulled bytes every few seconds; each new answer of a probe; and a
* sign of life when nothing happened for a while.
*/
const createProgress = (print, { heartbeatMs = HEARTBEAT_MS, now = Date.now } = {}) => {
	let running = {
		what: "waiting for its turn",
		since: now()
	};
	let lastProgress = {
		message: "",
		at: -Infinity
	};
	const timer = setInterval(() => {
		printLine(`… ${running.what} (${showDuration(now() - running.since)})`);
	}, heartbeatMs);
	const printLine = (line) => {
		timer.refresh();
		print(line);
	};
	const show = (event) => {
		switch (event.type) {
			case "step":
				if (event.status === "running") {
					running = {
						what: `${event.step} still runs`,
						since: now()
					};
					return;
				}
				lastProgress = {
					message: "",
					at: -Infinity
				};
				return printLine(eventLine(event));
			case "progress":
				if ((event.total !== void 0 || event.step === "pull") && now() - lastProgress.at < PULL_LINE_MS || event.message === lastProgress.message) return;
				lastProgress = {
					message: event.message,
					at: now()
				};
				return printLine(eventLine(event));
			case "started":
				running = {
					what: "still running",
					since: now()
				};
				return printLine(eventLine(event));
			case "image":
			case "live":
			case "finished":
			case "unknown": return printLine(eventLine(event));
		}
	};
	return {
		show,
		stop: () => clearInterval(timer)
	};
};

// protocol/standard-webhooks.ts
const MIN_SECRET_BYTES = 24;
const SEED_BYTES = 32;
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
/** A key that cannot be used. The message never holds the key. */
var KeyError = class extends Error {
	constructor(message) {
		super(message);
		this.name = "KeyError";
	}
};
/** Reads `whsec_…` (HMAC; also without its prefix) or `whsk_…` (Ed25519: seed, or seed and public key). Throws `KeyError`. */
function parseSigningKey(text) {
	if (text.startsWith("whpk_")) throw new KeyError("whpk_… is a public key: signing takes its whsk_… half");
	if (!text.startsWith("whsk_")) return {
		kind: "hmac",
		secret: createSecretKey(parseSecret(text))
	};
	const bytes = decodeCanonical(text.slice(5), "whsk_ key");
	if (bytes.length !== SEED_BYTES && bytes.length !== 64) throw new KeyError(`whsk_ key has ${bytes.length} bytes, 32 or 64 are needed`);
	const privateKey = createPrivateKey({
		key: Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]),
		format: "der",
		type: "pkcs8"
	});
	const given = bytes.subarray(SEED_BYTES);
	if (given.length > 0 && !given.equals(rawPublicKey(privateKey))) throw new KeyError("whsk_ key: its public half does not belong to its private half");
	return {
		kind: "ed25519",
		privateKey
	};
}
/** One entry of `webhook-signature`: `v1,…` or `v1a,…`, over `{id}.{timestamp}.{body}`. */
function sign$1({ key, id, timestamp, body }) {
	const content = signedContent(id, String(timestamp), body);
	return key.kind === "hmac" ? `v1,${createHmac("sha256", key.secret).update(content).digest("base64")}` : `v1a,${sign(null, content, key.privateKey).toString("base64")}`;
}
function signedContent(id, timestamp, body) {
	return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
}
function parseSecret(text) {
	const secret = decodeCanonical(text.replace(/^whsec_/, ""), "whsec_ secret");
	if (secret.length >= MIN_SECRET_BYTES) return secret;
	throw new KeyError(`whsec_ secret has ${secret.length} bytes, at least ${MIN_SECRET_BYTES} are needed: printf 'whsec_%s\\n' "$(openssl rand -base64 32)"`);
}
/** One text for one value: anything but canonical base64 is refused. */
function decodeCanonical(text, what) {
	const bytes = Buffer.from(text, "base64");
	if (text !== "" && bytes.toString("base64") === text) return bytes;
	throw new KeyError(`${what} is not canonical base64 (standard alphabet, with its padding)`);
}
function rawPublicKey(privateKey) {
	return createPublicKey(privateKey).export({
		format: "der",
		type: "spki"
	}).subarray(-32);
}

// action/signing.ts
/**
* How a hook is signed: user and password of its URL, else the secret, else GitHub's OIDC token.
* @throws ActionError `bad_input` for a secret that is no signing key, `no_id_token` when GitHub gives no token.
*/
const chooseSigning = (target, secret) => {
	if (target.basic !== void 0) return withBasic(target.basic);
	if (secret !== "") return withStandardWebhooks(secret);
	return withOidc(target.url);
};
function withBasic({ username, password }) {
	const credentials = Buffer.from(`${username}:${password}`).toString("base64");
	hide(password, credentials);
	return async () => ({ authorization: `Basic ${credentials}` });
}
function withStandardWebhooks(secret) {
	const key = readKey(secret);
	return async (body, id) => {
		const timestamp = Math.floor(Date.now() / 1e3);
		return {
			"webhook-id": id,
			"webhook-timestamp": String(timestamp),
			"webhook-signature": sign$1({
				key,
				id,
				timestamp,
				body
			})
		};
	};
}
function readKey(secret) {
	try {
		return parseSigningKey(secret);
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		throw new ActionError("bad_input", `input secret: it is not a signing key: ${why}`, {
			hint: "Give a whsk_… (Ed25519) or whsec_… (HMAC) key whole, or leave secret out to sign with GitHub’s OIDC token.",
			cause
		});
	}
}
/** A receiver takes a token once, for one app and one body, so that each try has a token of its own. */
function withOidc(url) {
	const purpose = `sign the hook ${url}`;
	requireIdToken(purpose);
	return async (body, _, signal) => {
		const hash = createHash("sha256").update(body).digest("hex");
		return { authorization: `Bearer ${await idToken(`${url}#sha256=${hash}`, purpose, signal)}` };
	};
}

// action/deploy.ts
/**
* Posts the hook to one receiver and follows the deployment. What became of it goes to `onResult` each time it is
* known better, so that it is reported also when this throws.
* @throws ActionError of the hook and of following it.
*/
const deployTo = async (target, order, onResult) => {
	const { inputs, preview, signal } = order;
	let whole;
	const known = (result) => {
		whole = {
			...whole,
			url,
			app,
			...result
		};
		onResult(whole);
		return whole;
	};
	const { url } = target;
	const app = preview === void 0 ? target.app : previewApp(target.app, preview);
	warnOfPlainHttp(url);
	say(`${whatItDoes(order)}${preview === void 0 ? "" : ` as ${app}`}: ${url}`);
	const outcome = await postHook({
		target,
		body: hookBody(target, order),
		authorize: chooseSigning(target, inputs.secret),
		signal,
		pause: (ms) => setTimeout$1(ms, void 0, { signal })
	});
	if (outcome.kind === "taken") {
		say(`${url} answered ${outcome.status}: taken. Such a hook says nothing more, so there is nothing to follow.`);
		return known({ status: "accepted" });
	}
	const { deployment, follow: named } = outcome;
	const following = named !== void 0 && isOfOrigin(named.url, url) ? named : void 0;
	const accepted = known({
		status: deployment.status,
		deployment,
		...following && { follow: following }
	});
	say(`deployment ${deployment.id} of ${deployment.app}: ${deployment.status}`);
	if (!inputs.wait || named === void 0) return accepted;
	if (following === void 0) throw followedElsewhere(named.url, url);
	const progress = createProgress(say);
	let now = deployment;
	try {
		const ended = await follow({
			accepted: {
				deployment,
				follow: following
			},
			timeoutMs: inputs.timeoutMs,
			signal,
			onEvent: (event) => {
				progress.show(event);
				now = after(event, now);
				known({
					status: now.status,
					deployment: now
				});
			}
		});
		warnOfAnotherDigest(ended.image.digest, order);
		return known({
			status: ended.status,
			deployment: ended
		});
	} finally {
		progress.stop();
	}
};
function whatItDoes({ inputs, image, backTo }) {
	if (backTo !== void 0) return `rolling back to ${backTo.shown}`;
	return image === "" ? `rolling back to ${inputs.rollback}` : `deploying ${image}`;
}
/** What its events told of a deployment so far, should nobody be able to ask for it any more. */
function after(event, deployment) {
	switch (event.type) {
		case "started": return {
			...deployment,
			status: "running"
		};
		case "image": {
			const { digest, previous } = event;
			return {
				...deployment,
				image: {
					...deployment.image,
					digest
				},
				...previous !== void 0 && { previous }
			};
		}
		case "live": return {
			...deployment,
			live_at: event.at
		};
		case "step":
		case "progress":
		case "finished":
		case "unknown": return deployment;
	}
}
/** A URL with a password is a plain `CI_CD_URL`: its receiver takes what the app's tag says, so no image is sent. */
function hookBody(target, order) {
	const { inputs, run, preview, backTo, release } = order;
	const key = idempotencyKey(inputs.id, run, target.app);
	const rollback = backTo?.deployment ?? inputs.rollback;
	return {
		...rollback === "" ? target.basic === void 0 && { image: order.image } : { rollback },
		...preview !== void 0 && {
			preview,
			...run.happenedAt && { asked_at: run.happenedAt.toISOString() }
		},
		...order.attestations.length > 0 && { attestations: [...order.attestations] },
		id: backTo === void 0 ? key : undoingKey(key),
		source: sourceOf(run, release)
	};
}
/** What a hook says of the run that it is of. */
const sourceOf = (run, release = "") => {
	const said = {
		repository: run.repository,
		ref: run.ref,
		sha: run.sha,
		run_url: run.runUrl,
		actor: run.actor,
		message: run.message,
		release
	};
	return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== "").map(([key, value]) => [key, value.slice(0, 1e3)]));
};
function warnOfPlainHttp(url) {
	const { protocol, hostname } = new URL(url);
	const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
	if (protocol === "http:" && !isLoopback) warn(`${url} is posted to without TLS: whoever sits in between reads and changes it. Use https://.`);
}
/** Only who took the hook is told the token and believed about the deployment's end. */
const isOfOrigin = (url, hookUrl) => URL.canParse(url) && new URL(url).origin === new URL(hookUrl).origin;
function followedElsewhere(followUrl, hookUrl) {
	const elsewhere = URL.canParse(followUrl) ? new URL(followUrl).origin : followUrl;
	return new ActionError("bad_answer", `${hookUrl} took the hook, but follow.url of its answer is at ${JSON.stringify(elsewhere.slice(0, 200))}, not at ${new URL(hookUrl).origin}: nothing is sent there`, { hint: "The deployment goes on by itself. Post to the address that the receiver has as url: in its config, or change that; through a tunnel, do not follow it: wait: false." });
}
/** A receiver that redeploys a tag may have found another push of it. */
function warnOfAnotherDigest(digest, { builtDigest }) {
	if (builtDigest === void 0 || digest === void 0 || digest === builtDigest) return;
	warn(`the receiver deployed ${digest}, not the ${builtDigest} that this job pushed: the tag that the app follows names another image.`);
}

// action/retire-environment.ts
/** GitHub wants a second between two writes, and a run that was killed may have left some. */
const DEADLINE_MS = 3e5;
/**
* Ends and deletes the deployments of a preview, all but the newest one. Of an environment that is there for a while only GitHub ends none
* by itself, and each push would leave one more that seems to be live.
*/
const endDeployments = async ({ environment, task, token, run }, newest) => {
	const [owner = "", repo = ""] = run.repository.split("/");
	const octokit = await connect(token);
	const ended = await askGithub(matterOf(environment), async (signal) => {
		const request = { signal };
		const asked = {
			owner,
			repo,
			environment,
			task,
			per_page: 100,
			request
		};
		const old = (await octokit.paginate(octokit.repos.listDeployments, asked)).filter(({ id }) => id !== newest);
		for (const { id } of old) {
			const one = {
				owner,
				repo,
				deployment_id: id,
				request
			};
			await octokit.repos.createDeploymentStatus({
				...one,
				state: "inactive"
			});
			await octokit.repos.deleteDeployment(one);
		}
		return old.length;
	}, { deadlineMs: DEADLINE_MS });
	if (ended !== void 0 && ended > 0) say(`GitHub deployments of the environment ${environment}: ${ended} ended and deleted`);
};
/** The same of a preview that is gone, and its environment where the token may. */
const retireEnvironment = async (preview) => {
	const { environment, token, run } = preview;
	if (environment === "" || token === "" || run.repository === "") return;
	await endDeployments(preview);
	const [owner = "", repo = ""] = run.repository.split("/");
	const octokit = await connect(token);
	await askGithub({
		...matterOf(environment),
		tell: debug
	}, (signal) => octokit.repos.deleteAnEnvironment({
		owner,
		repo,
		environment_name: environment,
		request: { signal }
	}));
};
const matterOf = (environment) => ({
	about: `environment ${environment}`,
	act: "end and delete its deployments",
	permission: "deployments: write"
});

// action/remove-preview.ts
/**
* Has the receiver take a preview away, which needs neither a build nor a login, and then what GitHub's pages have of it. That there was
* none is as good.
* @throws ActionError of the hook.
*/
const removePreview = async (preview, { inputs, run, signal }) => {
	const { name, target } = preview;
	const { url, app } = target;
	say(`taking the preview ${name} of ${app} away: ${url}`);
	const comment = (news) => commentOnPreview(news, {
		preview,
		run,
		token: inputs.githubToken
	});
	const outcome = await postHook({
		target,
		body: {
			preview: name,
			remove: true,
			id: idempotencyKey(inputs.id, run, app),
			source: sourceOf(run)
		},
		authorize: chooseSigning(target, inputs.secret),
		signal,
		pause: (ms) => setTimeout$1(ms, void 0, { signal })
	}).catch(async (error) => {
		if (!signal.aborted) await comment(notRemoved(preview, error));
		throw error;
	});
	say(outcome.kind === "taken" && outcome.said ? outcome.said : `${url} took it`);
	setOutput("status", "removed");
	await comment({ became: "gone" });
	await retireEnvironment({
		environment: environmentOf(inputs, preview),
		task: taskOf(preview),
		token: inputs.githubToken,
		run
	});
};

// action/end-of-several.ts
/** The error that ends a job, if one does: of several receivers the first one's, and how many are where. */
const endOf = (parts, isCancelled) => {
	const failed = parts.filter(({ error }) => error !== void 0);
	const [first] = failed;
	if (parts.length === 1) return first?.error;
	if (isCancelled && parts.some(isOpen)) return cancelled();
	if (first === void 0 || !(first.error instanceof ActionError)) return first?.error;
	const { code, message, hint } = first.error;
	const more = failed.length > 1 ? ` (and ${failed.length - 1} more, see above)` : "";
	const notBack = parts.filter(({ back }) => back?.error !== void 0);
	const hints = [hint, notBack.length === 0 ? void 0 : `NOT rolled back: ${notBack.map(({ name }) => name).join(", ")}. Roll back there by hand: "deploy-receiver rollback".`].filter((each) => each !== void 0);
	return new ActionError(code, `${countsOf(parts.map(standingOf))}: ${message.startsWith(first.name) ? "" : `${first.name}: `}${message}${more}`, {
		...hints.length > 0 && { hint: hints.join("\n") },
		cause: first.error
	});
};
const isOpen = ({ result, error }) => result === void 0 || error !== void 0;
const cancelled = () => new ActionError("cancelled", "the job was cancelled before all receivers were done", { hint: "What was taken goes on, and nothing is rolled back. This step’s last part (“Post …”) says what stands where." });

// action/in-turn.ts
/** Works on each in their order, so many at once; no further one is begun once the signal aborts. */
async function inTurn(parts, { signal, maxParallel }, work) {
	const waiting = [...parts.entries()];
	const worker = async () => {
		for (let next = waiting.shift(); next !== void 0; next = waiting.shift()) {
			if (signal.aborted) return;
			const [index, part] = next;
			const doIt = () => work(part, index);
			await (maxParallel > 1 && parts.length > 1 ? sayingOf(part.name, doIt) : doIt());
		}
	};
	await Promise.all(Array.from({ length: Math.min(maxParallel, parts.length) }, worker));
}

// action/take-back.ts
/**
* Takes every receiver on which it went live, or still may, back to the deployment that its own answer named as the one before:
* the last one first. What became of each is in its part.
*/
const takeBack = async (parts, order, plan) => {
	const taken = parts.filter(({ result }) => result !== void 0).toReversed();
	if (taken.length === 0) return;
	say("rolling back: every receiver is to run what it had");
	await inTurn(taken, {
		...plan,
		signal: order.signal
	}, async (part) => {
		await askAgain(part);
		await takePartBack(part, order, plan);
	});
};
async function takePartBack(part, order, { onChange }) {
	const { name, result } = part;
	if (result === void 0 || result.status === "failed" || result.status === "superseded") return;
	const { deployment } = result;
	const previous = deployment?.previous;
	if (previous === void 0 || previous.digest === deployment?.image.digest) {
		part.stays = whyItStays(part);
		say(`${name}: ${part.stays}`);
		return onChange(part);
	}
	const backTo = {
		deployment: previous.deployment,
		shown: `${shortDigest(previous.digest)}, which it had`
	};
	part.back = {};
	try {
		const { status, deployment: ended } = await deployTo(part.target, {
			...withoutImage(order),
			backTo
		}, (said) => {
			part.back = { result: said };
			onChange(part);
		});
		if (status === "failed" && ended !== void 0) part.back = {
			...part.back,
			error: reportFailure(ended, name)
		};
	} catch (error) {
		part.back = {
			...part.back,
			error
		};
		if (!order.signal.aborted && error instanceof ActionError) say(`✗ not rolled back: ${error.message}`);
	}
	onChange(part);
}
function withoutImage(order) {
	const { builtDigest: _, ...others } = order;
	return {
		...others,
		image: "",
		attestations: []
	};
}
function whyItStays({ result }) {
	if (result?.status === "accepted") return "it does not say what it had, so it stays";
	if (result?.deployment?.previous !== void 0) return "it had this very digest, so it stays";
	return result?.deployment?.image.digest === void 0 ? "what it had is not known, so it stays" : "nothing ran there before, so this first deployment stays";
}

// action/several.ts
/**
* Deploys to each receiver, so many at once, in their order. After a failure no other is begun, unless the plan is to continue;
* those at work are followed to their end, and if the plan says so, all are taken back. What became of each is in its part.
* @throws ActionError of the first that failed, and `cancelled`
*/
const deployToAll = async (parts, order, plan) => {
	const { signal } = order;
	const hasFailed = () => parts.some(({ error }) => error !== void 0);
	await inTurn(parts, {
		...plan,
		signal
	}, async (part, index) => {
		if (plan.onFailure !== "continue" && hasFailed()) return;
		if (parts.length > 1) say(`receiver ${index + 1} of ${parts.length}`);
		await deployPart(part, order, plan);
	});
	if (hasFailed() && parts.length > 1 && !signal.aborted) {
		if (plan.onFailure === "rollback") await takeBack(parts, order, plan);
		if (!signal.aborted) await Promise.all(parts.map(askAgain));
	}
	const end = endOf(parts, signal.aborted);
	if (end !== void 0) throw end;
};
async function deployPart(part, order, { onChange }) {
	const { target } = part;
	const isOneOfMany = order.release !== void 0;
	onChange(part);
	try {
		const { status, deployment } = await deployTo(target, order, (result) => {
			part.result = result;
			onChange(part);
		});
		if (status === "failed" && deployment !== void 0) part.error = reportFailure(deployment, isOneOfMany ? part.name : "");
		if (status === "superseded") warn(`${target.app}: a newer deployment took the place of this one`);
	} catch (error) {
		part.error = error;
		if (!order.signal.aborted && error instanceof ActionError) say(`✗ ${error.message}`);
	}
	onChange(part);
}

// node_modules/leven/index.js
const array = [];
const characterCodeCache = [];
function leven(first, second, options) {
	if (first === second) return 0;
	const maxDistance = options?.maxDistance;
	const swap = first;
	if (first.length > second.length) {
		first = second;
		second = swap;
	}
	let firstLength = first.length;
	let secondLength = second.length;
	while (firstLength > 0 && first.charCodeAt(~-firstLength) === second.charCodeAt(~-secondLength)) {
		firstLength--;
		secondLength--;
	}
	let start = 0;
	while (start < firstLength && first.charCodeAt(start) === second.charCodeAt(start)) start++;
	firstLength -= start;
	secondLength -= start;
	if (maxDistance !== void 0 && secondLength - firstLength > maxDistance) return maxDistance;
	if (firstLength === 0) return maxDistance !== void 0 && secondLength > maxDistance ? maxDistance : secondLength;
	let bCharacterCode;
	let result;
	let temporary;
	let temporary2;
	let index = 0;
	let index2 = 0;
	while (index < firstLength) {
		characterCodeCache[index] = first.charCodeAt(start + index);
		array[index] = ++index;
	}
	while (index2 < secondLength) {
		bCharacterCode = second.charCodeAt(start + index2);
		temporary = index2++;
		result = index2;
		for (index = 0; index < firstLength; index++) {
			temporary2 = bCharacterCode === characterCodeCache[index] ? temporary : temporary + 1;
			temporary = array[index];
			result = array[index] = temporary > result ? temporary2 > result ? result + 1 : temporary2 : temporary2 > temporary ? temporary + 1 : temporary2;
		}
		if (maxDistance !== void 0) {
			let rowMinimum = result;
			for (index = 0; index < firstLength; index++) if (array[index] < rowMinimum) rowMinimum = array[index];
			if (rowMinimum > maxDistance) return maxDistance;
		}
	}
	array.length = firstLength;
	characterCodeCache.length = firstLength;
	return maxDistance !== void 0 && result > maxDistance ? maxDistance : result;
}

// action/unknown-inputs.ts
/** Inputs of Docker's own actions that are not here, and what to do instead. */
const INSTEAD = {
	"bake-target": "Bake files are left out here: use docker/bake-action with docker/metadata-action.",
	dockerfile: "Did you mean file?",
	ecr: "Leave it out: ECR is known by its host.",
	logout: "Leave it out: nothing is signed in beyond this step.",
	"registry-auth": "Sign in to one registry by registry, username and password, and to further ones with docker/login-action before this step.",
	scope: "Leave it out, or sign in with docker/login-action before this step, and give no password here."
};
/**
* Refuses an input under `with:` that is not known: one of Docker's own actions, or a slip. The runner hands all of them on as
* `INPUT_…`, known or not. What has no name like ours may as well be a variable of the machine, or an input of a composite action
* that came through, and GitHub's runner itself warns of it; with act such inputs come through whatever their names.
* @param known names of all inputs
* @throws ActionError `bad_input` with the nearest name.
*/
const refuseUnknown = (known, env) => {
	const names = [...known];
	for (const [variable, value = ""] of Object.entries(env)) {
		const name = /^INPUT_(.+)$/.exec(variable)?.[1]?.toLowerCase();
		if (name === void 0 || value === "" || names.includes(name)) continue;
		const near = nearest(name.replaceAll("_", "-"), names);
		const hint = INSTEAD[name] ?? (near === void 0 ? void 0 : `Did you mean ${near}?`);
		if (hint === void 0) continue;
		const message = `input ${name}: there is no such input`;
		if (env["ACT"] !== "true") throw new ActionError("bad_input", message, { hint });
		warn(`${message}. ${hint}`);
	}
};
/** The name that is meant, where no more than one letter in three differs, and two at most. */
function nearest(name, names) {
	const most = Math.min(2, Math.floor(name.length / 3));
	const [best] = names.map((candidate) => ({
		candidate,
		slips: leven(name, candidate)
	})).filter(({ slips }) => slips <= most).toSorted((one, other) => one.slips - other.slips);
	return best?.candidate;
}

// action/main.ts
const main = async (signal) => {
	hide(...[
		"password",
		"secret",
		"github-token"
	].map((name) => getInput(name)));
	const run = readContext(await loadGithubContext(), process.env);
	try {
		await runWith(readKnownInputs(run), run, signal);
	} catch (error) {
		throw explainFork(error, run);
	}
};
function readKnownInputs(run) {
	const known = /* @__PURE__ */ new Set();
	const inputs = readInputs(run, (name, options) => {
		known.add(name);
		return getInput(name, options);
	});
	refuseUnknown(known, process.env);
	return inputs;
}
async function runWith(inputs, run, signal) {
	for (const { basic } of inputs.hooks) hide(basic?.password);
	const preview = previewOf(inputs, run);
	if (preview !== void 0 && isFromFork(run) && inputs.secret === "") return noteFork(preview);
	if (preview?.isOver === true) return await removePreview(preview, {
		inputs,
		run,
		signal
	});
	const built = inputs.build && inputs.rollback === "" ? await buildImage(inputs, run, signal) : void 0;
	if (built !== void 0) reportBuild(built, inputs.separators);
	const parts = isPushed(inputs) ? partsOf$2(inputs.hooks) : [];
	const release = parts.length > 1 ? releaseId(inputs.id, run) : void 0;
	try {
		if (isPushed(inputs)) await deployOnGithub({
			inputs,
			run,
			preview,
			built,
			release,
			signal
		}, parts);
		else saySkipped(inputs);
	} finally {
		await reportEnd(parts, makesImage(inputs) ? built : void 0, isPushed(inputs) ? inputs.environmentUrl : "", release === void 0 ? void 0 : {
			release,
			isOver: !signal.aborted
		});
		if (release !== void 0 && !signal.aborted) nothingForPost();
	}
}
/** Whoever opens one from a fork is to have no secret of this repository, and the run has none. */
function noteFork({ name }) {
	note(`no preview ${name}: this pull request is from a fork, whose run gets no secret and no OIDC token. Nothing was built or deployed. A maintainer's own workflow can do it, for a commit that was read (docs/previews.md).`);
}
/** What is not pushed is not deployed. */
function saySkipped({ hooks, push, call }) {
	const why = push ? `call: ${call} makes no image` : "push: false";
	for (const { url } of hooks) say(`${why}: ${url} is skipped, no hook is posted`);
}
/** Deploys, and says so on GitHub's pages when the input `environment` asks for it. */
async function deployOnGithub(job, parts) {
	const { inputs, run, preview, built, signal } = job;
	const { githubToken: token, hooks } = inputs;
	const image = built?.image ?? inputs.image;
	const environment = hooks.length === 0 ? "" : environmentOf(inputs, preview);
	const task = preview && taskOf(preview);
	const github = await createGithubDeployment({
		environment,
		token,
		...task !== void 0 && { task },
		image: inputs.rollback === "" ? image : `rollback to ${inputs.rollback}`
	}, run, signal);
	try {
		await deploy(job, parts);
	} catch (error) {
		await github?.set(await endedAs(parts, error));
		await tellPullRequest(job, parts, { error });
		throw error;
	}
	const results = resultsOf(parts);
	const url = environmentUrl(results, inputs.environmentUrl);
	const at = url === void 0 ? {} : { url };
	const news = endedWell(results);
	await github?.set({
		...news,
		...at
	});
	await tellPullRequest(job, parts, at);
	if (github && task !== void 0 && news.state === "success") await endDeployments({
		environment,
		task,
		token,
		run
	}, github.id);
}
/** What became of a preview, where its pull request is read. Of a cancelled job nothing is known that lasts: mostly a newer one follows. */
async function tellPullRequest({ preview, inputs, run, signal }, parts, end) {
	if (preview === void 0 || signal.aborted) return;
	const news = previewNews(preview, resultsOf(parts)[0], end);
	if (news) await commentOnPreview(news, {
		preview,
		run,
		token: inputs.githubToken
	});
}
async function deploy({ inputs, run, preview, built, release, signal }, parts) {
	const order = {
		inputs,
		run,
		image: inputs.rollback === "" ? built?.image ?? checkedReference(inputs.image) : "",
		attestations: readAttestations(inputs.attestations),
		...built?.digest !== void 0 && { builtDigest: built.digest },
		...preview !== void 0 && { preview: preview.name },
		...release !== void 0 && { release },
		signal
	};
	const kept = release === void 0 ? void 0 : keepForPost(parts, release);
	const { onFailure, maxParallel } = inputs;
	await deployToAll(parts, order, {
		onFailure,
		maxParallel,
		onChange: kept ?? (() => {})
	});
}
const checkedReference = (image) => {
	readReference(image, "image");
	return image;
};
/** The runner cancels a job with SIGINT, then SIGTERM. */
const cancelling = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => cancelling.abort());
try {
	await main(cancelling.signal);
} catch (caught) {
	const error = cancelling.signal.aborted && !(caught instanceof ActionError) ? new ActionError("cancelled", "the job was cancelled") : caught;
	setFailed(plainLines(describeError(error)).join("\n"));
}
process.stdout.write("", () => process.exit());

export {  };