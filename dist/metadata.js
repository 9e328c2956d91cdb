import { i as readReference, n as parseRule } from "./rules.js";
import { c as warn } from "./log.js";
import { n as ActionError } from "./error.js";
import { createRequire } from "node:module";

// action/metadata/labels.ts
/**
* `org.opencontainers.image.*` as `key=value` in the order of their keys, with `given` over them: labels and annotations are the same
* to docker/metadata-action.
* @param given with its expressions filled in
* @param version the first tag; `''` for none
*/
const describeImage = (given, { run, naming, version }) => {
	const page = run.repository === "" ? "" : `${run.serverUrl}/${run.repository}`;
	const standard = {
		created: naming.now.toISOString(),
		description: run.description,
		licenses: run.license,
		revision: naming.sha,
		source: page,
		title: run.repository.split("/")[1] ?? "",
		url: page,
		version
	};
	const byKey = new Map(Object.entries(standard).map(([key, value]) => [`org.opencontainers.image.${key}`, value]));
	for (const [key, value] of given.flatMap(readPair)) byKey.set(key, value);
	return [...byKey].toSorted(([one], [other]) => one.localeCompare(other)).map(([key, value]) => `${key}=${value}`);
};
function readPair(line) {
	const at = line.indexOf("=");
	if (at > 0) return [[line.slice(0, at), line.slice(at + 1)]];
	warn(`"${line}" has no value, so it is neither a label nor an annotation: write ${line}=…`);
	return [];
}

// action/metadata/built.ts
/**
* What the run builds, as far as the event says it. Many events run on the default branch and speak of another commit: a
* comment of a pull request, a workflow that ended, a check. Their workflows check that commit out, so the default
* branch's name and commit would be put on an image that is not made of it. Such a build is called after the pull
* request or the branch that the event speaks of.
*/
const builtBy = (run) => {
	const own = {
		ref: run.ref,
		sha: run.sha,
		isOwn: true
	};
	if (run.ref.startsWith("refs/pull/") || isMerged(run)) return own;
	return pullRequest(run) ?? endedWorkflow(run) ?? checkedCommit(run) ?? own;
};
/** A pull request that was merged: the run is of the base branch, at the commit that the merge made of it. */
const isMerged = ({ eventName, ref, sha, payload: { pull_request: pull } }) => eventName === "pull_request" && pull?.merged === true && pull.merge_commit_sha === sha && ref === `refs/heads/${pull.base?.ref}`;
function pullRequest({ payload }) {
	const { pull_request, client_payload, issue } = payload;
	const pull = pull_request ?? client_payload?.pull_request;
	const number = pull?.number ?? (issue?.pull_request && issue.number);
	if (number === void 0) return void 0;
	return elsewhere(`refs/pull/${number}/merge`, pull?.head?.sha);
}
/** A workflow that ran for the default branch of this very repository ran for its commits. */
function endedWorkflow({ eventName, payload, repository, defaultBranch }) {
	const ended = payload.workflow_run;
	if (eventName !== "workflow_run" || !ended) return void 0;
	const isOfPull = ended.event?.startsWith("pull_request") === true;
	const isOurs = ended.head_repository?.full_name === repository;
	if (!isOfPull && isOurs) {
		const branch = ended.head_branch ?? "";
		if (branch === defaultBranch) return void 0;
		return elsewhere(branch === "" ? "" : `refs/heads/${branch}`, ended.head_sha);
	}
	const number = ended.pull_requests?.[0]?.number;
	return elsewhere(number === void 0 ? "" : `refs/pull/${number}/merge`, ended.head_sha);
}
/** A check or a status of the run's own commit is of that commit. */
function checkedCommit({ eventName, payload, sha }) {
	if (![
		"check_run",
		"check_suite",
		"status"
	].includes(eventName)) return void 0;
	const checked = payload.check_run?.head_sha ?? payload.check_suite?.head_sha ?? payload.sha;
	return checked === void 0 || checked === sha ? void 0 : elsewhere("", checked);
}
const elsewhere = (ref, sha = "") => ({
	ref,
	sha,
	isOwn: false
});

// action/metadata/naming.ts
/**
* @param tagContext `workflow`: the event; `git`: the checkout
* @param needsCommitDate whether anything asks for it
* @throws ActionError `bad_input`, `bad_environment`.
*/
const nameBuild = async ({ tagContext, needsCommitDate }, run, sources) => {
	const { env, now } = sources;
	const built = tagContext === "git" ? await checkedOut(run, sources) : {
		...builtBy(run),
		...headOfPull(run, env)
	};
	return {
		...built,
		eventName: run.eventName,
		defaultBranch: run.defaultBranch,
		baseRef: baseRef(run, built.ref),
		shortShaLength: shortShaLength(env),
		committedAt: needsCommitDate ? await committedAt(built.sha, run, sources) : now,
		now,
		maxNameCharacters: Infinity
	};
};
/** {@link Naming.ref} as `refs/heads/…`, without what is before the name; `''` for another kind of ref. */
const branchOf = ({ ref, maxNameCharacters }) => nameIn(ref, "refs/heads/", maxNameCharacters);
const tagOf = ({ ref, maxNameCharacters }) => nameIn(ref, "refs/tags/", maxNameCharacters);
const pullOf = ({ ref }) => /^refs\/pull\/(\d+)\//.exec(ref)?.[1] ?? "";
const nameIn = (ref, before, maxCharacters) => ref.startsWith(before) ? ref.slice(before.length).slice(0, maxCharacters) : "";
const isDefaultBranch = ({ ref, defaultBranch }) => defaultBranch !== "" && ref === `refs/heads/${defaultBranch}`;
const shortSha = ({ sha, shortShaLength: length }) => sha.slice(0, length);
/**
* A checkout's branch may be a fork's own `main`. Where the event speaks of another commit than the run's, the default
* branch is believed only when the run's commit is what stands there.
*/
async function checkedOut(run, { readCheckout }) {
	const { ref, sha } = await readCheckout();
	const byEvent = builtBy(run);
	return {
		ref: (!byEvent.isOwn || run.ref.startsWith("refs/pull/")) && ref === `refs/heads/${run.defaultBranch}` && sha !== run.sha ? byEvent.ref : ref,
		sha,
		isOwn: true
	};
}
/** On a pull request's merge commit, which nobody ever sees again, the head is what people look for. */
function headOfPull(run, env) {
	const sha = run.payload.pull_request?.head?.sha;
	return /true/i.test(env["DOCKER_METADATA_PR_HEAD_SHA"] ?? "") && sha !== void 0 && run.eventName.startsWith("pull_request") ? { sha } : {};
}
function baseRef({ payload, baseRef: base }, ref) {
	if (ref.startsWith("refs/tags/")) return (payload.base_ref ?? "").replace(/^refs\/heads\//, "");
	return ref.startsWith("refs/pull/") ? payload.pull_request?.base?.ref ?? base : "";
}
function shortShaLength(env) {
	const text = env["DOCKER_METADATA_SHORT_SHA_LENGTH"] ?? "";
	if (text === "") return 7;
	if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
	throw new ActionError("bad_environment", `DOCKER_METADATA_SHORT_SHA_LENGTH: "${text}" is not a number of characters`, { hint: "Write a whole number, as 12, or leave it out for 7." });
}
async function committedAt(sha, run, sources) {
	return (sha === run.sha ? run.committedAt : void 0) ?? (sha === "" ? void 0 : await sources.readCommitDate(sha)) ?? sources.now;
}

// node_modules/@renovatebot/pep440/lib/version.js
const VERSION_PATTERN = [
	"v?",
	"(?:",
	"(?:(?<epoch>[0-9]+)!)?",
	"(?<release>[0-9]+(?:\\.[0-9]+)*)",
	"(?<pre>",
	"[-_\\.]?",
	"(?<pre_l>(a|b|c|rc|alpha|beta|pre|preview))",
	"[-_\\.]?",
	"(?<pre_n>[0-9]+)?",
	")?",
	"(?<post>",
	"(?:-(?<post_n1>[0-9]+))",
	"|",
	"(?:",
	"[-_\\.]?",
	"(?<post_l>post|rev|r)",
	"[-_\\.]?",
	"(?<post_n2>[0-9]+)?",
	")",
	")?",
	"(?<dev>",
	"[-_\\.]?",
	"(?<dev_l>dev)",
	"[-_\\.]?",
	"(?<dev_n>[0-9]+)?",
	")?",
	")",
	"(?:\\+(?<local>[a-z0-9]+(?:[-_\\.][a-z0-9]+)*))?"
].join("");
const validRegex = new RegExp("^" + VERSION_PATTERN + "$", "i");
function valid(version) {
	return validRegex.test(version) ? version : null;
}
const cleanRegex = new RegExp("^\\s*" + VERSION_PATTERN + "\\s*$", "i");
function clean(version) {
	return stringify(parse(version, cleanRegex));
}
function parse(version, regex) {
	const { groups } = (regex || validRegex).exec(version) || {};
	if (!groups) return null;
	return {
		epoch: Number(groups.epoch ? groups.epoch : 0),
		release: groups.release.split(".").map(Number),
		pre: normalize_letter_version(groups.pre_l, groups.pre_n),
		post: normalize_letter_version(groups.post_l, groups.post_n1 || groups.post_n2),
		dev: normalize_letter_version(groups.dev_l, groups.dev_n),
		local: parse_local_version(groups.local)
	};
}
function stringify(parsed) {
	if (!parsed) return null;
	const { epoch, release, pre, post, dev, local } = parsed;
	const parts = [];
	if (epoch !== 0) parts.push(`${epoch}!`);
	parts.push(release.join("."));
	if (pre) parts.push(pre.join(""));
	if (post) parts.push("." + post.join(""));
	if (dev) parts.push("." + dev.join(""));
	if (local) parts.push(`+${local}`);
	return parts.join("");
}
function normalize_letter_version(letterIn, numberIn) {
	let letter = letterIn;
	let number = numberIn;
	if (letter) {
		if (!number) number = 0;
		letter = letter.toLowerCase();
		if (letter === "alpha") letter = "a";
		else if (letter === "beta") letter = "b";
		else if ([
			"c",
			"pre",
			"preview"
		].includes(letter)) letter = "rc";
		else if (["rev", "r"].includes(letter)) letter = "post";
		return [letter, Number(number)];
	}
	if (!letter && number) {
		letter = "post";
		return [letter, Number(number)];
	}
	return null;
}
function parse_local_version(local) {
	if (local) return local.split(/[._-]/).map((part) => Number.isNaN(Number(part)) ? part.toLowerCase() : Number(part));
	return null;
}
function explain(version) {
	const parsed = parse(version);
	if (!parsed) return parsed;
	const { epoch, release, pre, post, dev, local } = parsed;
	let base_version = "";
	if (epoch !== 0) base_version += epoch + "!";
	base_version += release.join(".");
	const is_prerelease = Boolean(dev || pre);
	const is_devrelease = Boolean(dev);
	const is_postrelease = Boolean(post);
	return {
		epoch,
		release,
		pre,
		post: post ? post[1] : post,
		dev: dev ? dev[1] : dev,
		local: local ? local.join(".") : local,
		public: stringify(parsed).split("+", 1)[0],
		base_version,
		is_prerelease,
		is_devrelease,
		is_postrelease
	};
}

// node_modules/@renovatebot/pep440/lib/specifier.js
const RANGE_PATTERN = [
	"(?<operator>(===|~=|==|!=|<=|>=|<|>))",
	"\\s*",
	"(",
	"(?<version>(?:" + VERSION_PATTERN.replace(/\?<\w+>/g, "?:") + "))",
	"(?<prefix>\\.\\*)?",
	"|",
	"(?<legacy>[^,;\\s)]+)",
	")"
].join("");
const rangeRegex = new RegExp("^" + RANGE_PATTERN + "$", "i");

// node_modules/@renovatebot/pep440/lib/semantic.js
function major(input) {
	const version = explain(input);
	if (!version) throw new TypeError("Invalid Version: " + input);
	return version.release[0];
}
function minor(input) {
	const version = explain(input);
	if (!version) throw new TypeError("Invalid Version: " + input);
	if (version.release.length < 2) return 0;
	return version.release[1];
}
function patch(input) {
	const version = explain(input);
	if (!version) throw new TypeError("Invalid Version: " + input);
	if (version.release.length < 3) return 0;
	return version.release[2];
}

// lazy:semver
const library$2 = () => createRequire(import.meta.url)("./semver.cjs");
const standIn$2 = (real) => new Proxy(function() {}, {
	get: (_, key) => real()[key],
	apply: (_, self, given) => Reflect.apply(real(), self, given),
	construct: (_, given) => Reflect.construct(real(), given)
});
var lazy_semver_default = standIn$2(library$2);

// lazy:handlebars
const library$1 = () => createRequire(import.meta.url)("./handlebars.cjs");
const standIn$1 = (real) => new Proxy(function() {}, {
	get: (_, key) => real()[key],
	apply: (_, self, given) => Reflect.apply(real(), self, given),
	construct: (_, given) => Reflect.construct(real(), given)
});
var lazy_handlebars_default = standIn$1(library$1);

// lazy:moment-timezone
const library = () => createRequire(import.meta.url)("./moment-timezone.cjs");
const standIn = (real) => new Proxy(function() {}, {
	get: (_, key) => real()[key],
	apply: (_, self, given) => Reflect.apply(real(), self, given),
	construct: (_, given) => Reflect.construct(real(), given)
});
var lazy_moment_timezone_default = standIn(library);

// action/metadata/dates.ts
/**
* A date in the words of Moment's formats (momentjs.com/docs/#/displaying/format), which is what `{{date '…'}}` of
* docker/metadata-action is written in: day.js knows fewer of them, and leaves the rest as text.
* @param zone of the IANA database
* @throws ActionError `bad_input` for another zone.
*/
const formatDate = (date, format, zone) => {
	if (lazy_moment_timezone_default.tz.zone(zone) === null) throw new ActionError("bad_input", `there is no time zone "${zone}"`, { hint: "Write one of the IANA database: tz='Europe/Berlin'." });
	return lazy_moment_timezone_default(date).tz(zone).format(format);
};

// action/metadata/template.ts
/**
* Fills docker/metadata-action's expressions in, which are Handlebars': `{{branch}}`, `{{tag}}`, `{{sha}}`, `{{base_ref}}`,
* `{{is_default_branch}}`, `{{is_not_default_branch}}`, `{{date 'YYYYMMDD' tz='Europe/Berlin'}}`, `{{commit_date 'YYYYMMDD'}}`,
* and `words`. A tag is not HTML, so nothing is escaped.
* @throws ActionError `bad_input` for another one.
*/
const fillTemplate = (text, naming, words = {}) => {
	if (!text.includes("{{")) return text;
	const known = {
		...expressions(naming),
		...words
	};
	try {
		return lazy_handlebars_default.compile(text, {
			noEscape: true,
			strict: true
		})(known);
	} catch (cause) {
		if (cause instanceof ActionError) throw cause;
		const [why = ""] = cause instanceof Error ? cause.message.split("\n") : [];
		const unknown = /^"(.*)" not defined in/.exec(why)?.[1];
		const fault = unknown === void 0 ? why : `{{${unknown}}} is not known here`;
		throw new ActionError("bad_input", `"${text}": ${fault}`, {
			hint: `Write one of ${Object.keys(known).map((name) => `{{${name}}}`).join(" ")}; the dates take a format: {{date 'YYYYMMDD'}}.`,
			cause
		});
	}
};
const expressions = (naming) => ({
	branch: branchOf(naming),
	tag: tagOf(naming),
	sha: shortSha(naming),
	base_ref: naming.baseRef,
	is_default_branch: String(isDefaultBranch(naming)),
	is_not_default_branch: String(!isDefaultBranch(naming)),
	date: dateHelper(naming.now),
	commit_date: dateHelper(naming.committedAt)
});
/** `{{date}}`, `{{date 'YYYY'}}`, `{{date 'YYYY' tz='Asia/Tokyo'}}`: Handlebars' own options come last. */
const dateHelper = (date) => (...given) => {
	const [options, format] = given.toReversed();
	const { tz = "UTC", ...others } = options.hash;
	const [other] = Object.keys(others);
	if (other !== void 0) throw new ActionError("bad_input", `a date has no attribute "${other}"`, { hint: "Write {{date 'YYYYMMDD' tz='Europe/Berlin'}}." });
	return formatDate(date, typeof format === "string" ? format : void 0, String(tz));
};

// action/metadata/give.ts
/** What each of docker/metadata-action's types gives. */
const GIVE = {
	schedule: ({ pattern = "nightly" }, naming) => naming.eventName === "schedule" ? { tag: fillTemplate(pattern, naming) } : void 0,
	semver: giveSemver,
	pep440: givePep440,
	match: giveMatch,
	edge: ({ branch = "" }, naming) => {
		return (branch === "" ? isDefaultBranch(naming) : naming.ref === `refs/heads/${branch}`) ? { tag: "edge" } : void 0;
	},
	ref: giveRef,
	raw: ({ value = "" }, naming) => ({ tag: fillTemplate(value, naming) }),
	sha: ({ format }, naming) => whereThere({
		tag: format === "long" ? naming.sha : shortSha(naming),
		prefix: "sha-"
	})
};
function giveSemver({ pattern = "", match, value }, naming) {
	const raw = partOf(valueOrTag(value, naming), match);
	if (raw === void 0) return void 0;
	const version = lazy_semver_default.parse(raw);
	if (version === null) {
		warn(`tags: ${raw} is not a semantic version, so type=semver,pattern=${pattern} gives no tag`);
		return;
	}
	const { major, minor, patch, prerelease, build } = version;
	return versionTag(pattern, {
		raw,
		version: version.version,
		major,
		minor,
		patch,
		prerelease,
		build
	}, {
		isRelease: prerelease.length === 0,
		naming
	});
}
function givePep440({ pattern = "", match, value }, naming) {
	const raw = partOf(valueOrTag(value, naming), match);
	if (raw === void 0) return void 0;
	const version = valid(raw) === null ? null : explain(raw);
	if (version === null) {
		warn(`tags: ${raw} is not a version of PEP 440, so type=pep440,pattern=${pattern} gives no tag`);
		return;
	}
	const { is_prerelease, is_postrelease, is_devrelease } = version;
	return versionTag(pattern, {
		raw,
		version: clean(raw),
		major: major(raw),
		minor: minor(raw),
		patch: patch(raw)
	}, {
		isRelease: !is_prerelease && !is_postrelease && !is_devrelease,
		naming
	});
}
/** 1.2 must not come to stand for a pre-release of 1.2.3, which gives its whole version whatever the pattern asks for. */
function versionTag(pattern, words, { isRelease, naming }) {
	const isRaw = /^\{{2,3}\s*raw\s*\}{2,3}$/.test(pattern);
	return {
		tag: fillTemplate(isRelease || isRaw ? pattern : "{{version}}", naming, words),
		isRelease
	};
}
function giveMatch({ pattern = "", group = "0", value }, naming) {
	const raw = valueOrTag(value, naming);
	if (raw === void 0) return void 0;
	const [, source = pattern, flags = ""] = /^\/(.+)\/([a-z]*)$/.exec(pattern) ?? [];
	const tag = raw.match(expressionOf(source, flags))?.[Number(group)];
	if (tag === void 0) {
		warn(`tags: ${raw} does not match ${pattern} (group ${group}), so it gives no tag`);
		return;
	}
	return {
		tag,
		isRelease: true
	};
}
/** By the event that it is for: a rule is read with one of these. */
function giveRef({ event }, naming) {
	if (event === "branch") return whereThere({ tag: branchOf(naming) });
	if (event === "tag") return whereThere({
		tag: tagOf(naming),
		isRelease: true
	});
	return whereThere({
		tag: pullOf(naming),
		prefix: "pr-"
	});
}
const whereThere = (given) => given.tag === "" ? void 0 : given;
/** What `value` says, else the name of the git tag; neither: the rule gives nothing. */
function valueOrTag(value = "", naming) {
	const text = value === "" ? tagOf(naming) : fillTemplate(value, naming);
	return text === "" ? void 0 : text;
}
/** The part of a version that `match` is for: its first group, or all that it matches. */
function partOf(text, match = "") {
	if (text === void 0 || match === "") return text?.replaceAll("/", "-");
	const found = expressionOf(match, "").exec(text);
	if (found !== null) return found[1] ?? found[0];
	warn(`tags: ${text} does not match ${match}, so the whole of it is taken`);
	return text.replaceAll("/", "-");
}
function expressionOf(source, flags) {
	try {
		return new RegExp(source, flags);
	} catch (cause) {
		throw new ActionError("bad_input", `input tags: "${source}" is not a regular expression`, {
			hint: "Write type=match,pattern=v(.*),group=1.",
			cause
		});
	}
}

// action/metadata/tag-names.ts
/** The most characters that a tag has (distribution's grammar). */
const MAX_TAG_CHARACTERS = 128;
/**
* The tags that rules give, the one of the highest priority first, and `latest` where that one or the flavor says so.
* What does not fit the grammar of tags is mended.
* @throws ActionError `bad_input` for an expression that is not known.
*/
const tagNames = (rules, flavor, naming) => {
	const given = rules.filter((rule) => isEnabled(rule, naming)).toSorted((one, other) => other.priority - one.priority).flatMap((rule) => tagOfRule(rule, flavor, naming) ?? []);
	const isLatest = flavor.latest === "auto" ? given[0]?.isRelease === true : flavor.latest;
	const names = given.map(({ tag }) => tag);
	return unique(isLatest && names.length > 0 ? [...names, latestTag(flavor, naming)] : names);
};
/**
* The tags of a build that names none: the git tag, `sha-…` of the commit, the branch or `pr-N`, and `latest` on the default
* branch. The first one says best what was built.
*/
const defaultTagNames = (flavor, naming) => {
	const rules = [
		"type=ref,event=tag",
		"type=sha",
		"type=ref,event=branch",
		"type=ref,event=pr"
	].filter((rule) => rule !== "type=sha" || naming.isOwn || naming.ref === "").map((rule) => ({
		...parseRule(rule.split(",")),
		priority: 0
	}));
	const names = tagNames(rules, {
		...flavor,
		latest: false
	}, naming);
	const named = (flavor.latest === "auto" ? isDefaultBranch(naming) : flavor.latest) ? [...names, latestTag(flavor, naming)] : names;
	return unique(named.length === 0 && naming.isOwn ? ["latest"] : named);
};
function isEnabled({ attributes: { enable = "true" } }, naming) {
	const value = fillTemplate(enable, naming);
	if (value === "true" || value === "false") return value === "true";
	throw new ActionError("bad_input", `input tags: enable=${enable} is not a boolean`, { hint: "Write enable=true, enable=false or an expression: enable={{is_default_branch}}." });
}
/**
* One tag. Where it is too long the names in it are cut, the branch's or the git tag's: what stands beside them, as a commit, tells
* this build's tag from another's. Only when that is not enough, the rest between prefix and suffix is.
*/
function tagOfRule(rule, flavor, naming) {
	let parts = partsOfTag(rule, flavor, naming);
	if (parts === void 0) return void 0;
	const longest = Math.max(branchOf(naming).length, tagOf(naming).length);
	for (let length = longest; length > 1 && excess(parts) > 0;) {
		length = Math.max(1, length - excess(parts));
		parts = partsOfTag(rule, flavor, {
			...naming,
			maxNameCharacters: length
		}) ?? parts;
	}
	const { prefix, middle, suffix, given } = parts;
	const whole = `${prefix}${middle.slice(0, Math.max(1, middle.length - excess(parts)))}${suffix}`;
	const tag = mendTag(whole);
	return tag === "" ? void 0 : {
		...given,
		tag
	};
}
function partsOfTag(rule, flavor, naming) {
	const given = GIVE[rule.type](rule.attributes, naming);
	if (given === void 0) return void 0;
	const { prefix = given.prefix ?? flavor.prefix, suffix = flavor.suffix } = rule.attributes;
	return {
		prefix: replaceForeign(fillTemplate(prefix, naming)),
		middle: replaceForeign(given.tag),
		suffix: replaceForeign(fillTemplate(suffix, naming)),
		given
	};
}
const excess = ({ prefix, middle, suffix }) => prefix.length + middle.length + suffix.length - MAX_TAG_CHARACTERS;
const latestTag = (flavor, naming) => {
	const prefix = flavor.prefixLatest ? flavor.prefix : "";
	const suffix = flavor.suffixLatest ? flavor.suffix : "";
	return mendTag(fillTemplate(`${prefix}latest${suffix}`, naming));
};
/** A name in the grammar of tags: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`; `''` when nothing of it fits. */
const mendTag = (name) => replaceForeign(name).replace(/^[.-]+/, "").slice(0, MAX_TAG_CHARACTERS);
const replaceForeign = (text) => text.replace(/[^A-Za-z0-9._-]+/g, "-");
const unique = (names) => [...new Set(names)];

// action/metadata/metadata.ts
/**
* Names and describes what is going to be built.
* @throws ActionError `bad_input` for rules that say what is not known, `bad_environment`.
*/
const readMetadata = async (inputs, run, sources) => {
	const naming = await nameBuild({
		tagContext: inputs.tagContext,
		needsCommitDate: asksForCommitDate(inputs)
	}, run, sources);
	const names = namesOf(inputs, naming);
	const [reference] = inputs.tags;
	const version = names[0] ?? (reference === void 0 ? "" : tagIn(reference));
	const described = {
		run,
		naming,
		version
	};
	return {
		version,
		tagNames: names,
		labels: describeImage(fill(inputs.labels, naming), described),
		...annotationsOf(inputs.annotations, described, sources.env)
	};
};
const asksForCommitDate = (inputs) => JSON.stringify(inputs).includes("commit_date");
function namesOf({ tags, tagRules, flavor }, naming) {
	if (tagRules.length > 0) return tagNames(tagRules, flavor, naming);
	return tags.length > 0 ? [] : defaultTagNames(flavor, naming);
}
/** Once: a branch may be called `{{sha}}` itself. */
const fill = (lines, naming) => lines.map((line) => fillTemplate(line, naming));
const tagIn = (reference) => readReference(reference, "tags").tag ?? "latest";
/** `manifest:`, `index,manifest-descriptor[linux/amd64]:`: where buildx puts an annotation. */
const LEVELS = /^(?:manifest|index)(?:[-[,][^=:]*)?:/;
function annotationsOf(given, described, env) {
	const levels = env["DOCKER_METADATA_ANNOTATIONS_LEVELS"] ?? "";
	const filled = fill(given, described.naming);
	const withLevel = filled.filter((line) => LEVELS.test(line));
	const all = describeImage(filled.filter((line) => !LEVELS.test(line)), described);
	const annotations = [...(levels || "manifest").split(",").flatMap((level) => all.map((one) => `${level}:${one}`)), ...withLevel];
	return {
		annotations,
		builtAnnotations: levels === "" ? filled : annotations
	};
}

export { readMetadata };