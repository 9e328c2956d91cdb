import { t as ActionError } from "./error.js";
import { a as warn } from "./log.js";

// protocol/image-reference.ts
/** A text that is not an image reference. The message names it; `hint` says what one looks like. */
var ImageReferenceError = class extends Error {
	code;
	hint;
	constructor(code, text, why) {
		super(`${JSON.stringify(text.slice(0, 300))} is not an image reference: ${why}`);
		this.name = "ImageReferenceError";
		this.code = code;
		this.hint = "it looks like registry.example.com/team/app:tag or …/app@sha256:<64 hex digits>";
	}
};
const MAX_PATH_CHARACTERS = 255;
/** A DNS name's (RFC 1035, section 2.3.4). */
const MAX_HOST_CHARACTERS = 253;
/** Host, path, tag and digest are far below it; a pattern's stack is not made for any text. */
const MAX_CHARACTERS = 4096;
const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const HOST = String.raw`(?:${LABEL}(?:\.${LABEL})*|\[[a-fA-F0-9:]+\])`;
const DOMAIN = String.raw`${HOST}(?::[0-9]+)?`;
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const PATH = `${COMPONENT}(?:/${COMPONENT})*`;
const TAG = String.raw`[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}`;
const REFERENCE = new RegExp(`^(?:(?<domain>${DOMAIN})/)?(?<path>${PATH})(?::(?<tag>${TAG}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;
const SHA256 = /^sha256:[a-f0-9]{64}$/;
/** Reads a reference as Docker does: short names are Docker Hub's. Throws `ImageReferenceError`. */
function parseImage(text) {
	if (IDENTIFIER.test(text)) throw new ImageReferenceError("invalid_format", text, "it is the id of an image");
	const [registry, rest] = splitHost(text);
	const { repository, tag, digest } = read(`${registry}/${registry === "docker.io" && !namePart(rest).includes("/") ? `library/${rest}` : rest}`, text);
	return {
		registry,
		repository,
		...tag === void 0 ? {} : { tag },
		...digest === void 0 ? {} : { digest }
	};
}
/** `repository[:tag][@digest]`. */
const formatImage = ({ repository, tag, digest }) => `${repository}${tag === void 0 ? "" : `:${tag}`}${digest === void 0 ? "" : `@${digest}`}`;
/** The first part is a host if it has a dot, a colon or an upper-case letter, or is `localhost`: Docker's rule. */
function splitHost(text) {
	const slash = text.indexOf("/");
	const first = text.slice(0, Math.max(slash, 0));
	if (!(slash > 0 && (/[.:A-Z]/.test(first) || first === "localhost"))) return ["docker.io", text];
	return [first === "index.docker.io" ? "docker.io" : first, text.slice(slash + 1)];
}
const namePart = (rest) => rest.split(/[:@]/, 1)[0] ?? "";
/** Errors name what was written, not what it was completed to. */
function read(text, written) {
	if (written === "") throw new ImageReferenceError("empty", written, "it is empty");
	if (text.length > MAX_CHARACTERS) throw new ImageReferenceError("name_too_long", written, `it has ${text.length} characters, at most ${MAX_CHARACTERS} are allowed`);
	const found = REFERENCE.exec(text)?.groups;
	if (found === void 0) {
		if (REFERENCE.test(text.toLowerCase())) throw new ImageReferenceError("contains_uppercase", written, "a repository is in lower case");
		throw new ImageReferenceError("invalid_format", written, "it does not have the form of one");
	}
	const { domain, path = "", tag, digest } = found;
	const host = domain?.replace(/:\d+$/, "") ?? "";
	if (host.length > MAX_HOST_CHARACTERS) throw new ImageReferenceError("name_too_long", written, `its host has ${host.length} characters, at most ${MAX_HOST_CHARACTERS} are allowed`);
	if (path.length > MAX_PATH_CHARACTERS) throw new ImageReferenceError("name_too_long", written, `its path has ${path.length} characters, at most ${MAX_PATH_CHARACTERS} are allowed`);
	if (digest !== void 0) checkDigest(digest, written);
	return {
		...domain === void 0 ? {} : { domain },
		repository: domain === void 0 ? path : `${domain}/${path}`,
		...tag === void 0 ? {} : { tag },
		...digest === void 0 ? {} : { digest }
	};
}
function checkDigest(digest, text) {
	if (SHA256.test(digest)) return;
	if (!digest.startsWith("sha256:")) throw new ImageReferenceError("digest_unsupported", text, "only sha256 digests are taken");
	throw new ImageReferenceError(digest.length === 71 ? "digest_unsupported" : "digest_invalid_length", text, "a digest is sha256: and 64 hex digits in lower case");
}

// action/image.ts
/**
* Turns tags into whole references: `names` are tags of each of `images` (without any, of `image`), the input `tags` is references
* that were written out. They stay as they were written.
* @throws ActionError `bad_input` for an image with a tag or digest, or tags that are none.
*/
const planPush = (inputs, names) => {
	const image = readRepository(inputs.image, "image");
	const images = inputs.images.length > 0 ? inputs.images : [inputs.image];
	for (const one of inputs.images) readRepository(one, "images");
	const references = [...images.flatMap((one) => names.map((name) => `${one}:${name}`)), ...inputs.tags.map(withTag)];
	const whole = references.map((reference) => readWhole(reference));
	const deployed = whole.find(({ repository }) => repository === image.repository) ?? (inputs.imageGiven ? void 0 : whole[0]);
	if (deployed === void 0) throw new ActionError("bad_input", `input ${inputs.images.length > 0 ? "images" : "tags"}: none of "${references.join(", ")}" is one of ${inputs.image}`, { hint: "Leave image out, or name one of its tags too." });
	return {
		references: [...new Set(references)],
		deployed
	};
};
/** @throws ActionError `bad_input` when it is no reference. */
const readReference = (text, input) => {
	try {
		return parseImage(text);
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		throw new ActionError("bad_input", `input ${input}: ${why}`, {
			hint: "Write registry/repository, with :tag or @sha256:… where one belongs: ghcr.io/acme/api. Repositories are lower-case.",
			cause
		});
	}
};
/** @throws ActionError `bad_input` when it is more than a repository. */
function readRepository(text, input) {
	const image = readReference(text, input);
	if (image.tag === void 0 && image.digest === void 0) return image;
	throw new ActionError("bad_input", `input ${input}: "${text}" names a tag or a digest`, { hint: `To build, write the repository alone (${image.repository}) and its tags under tags; to deploy this very image, write build: false.` });
}
const withTag = (reference) => readReference(reference, "tags").tag === void 0 ? `${reference}:latest` : reference;
function readWhole(reference) {
	const image = readReference(reference, "tags");
	return {
		...image,
		tag: image.tag ?? "latest"
	};
}

// action/metadata/rules.ts
/** docker/metadata-action's types: their own attributes, the one that has to be there, and their priority. */
const RULE_TYPES = {
	schedule: {
		attributes: ["pattern"],
		needs: void 0,
		priority: 1e3
	},
	semver: {
		attributes: [
			"pattern",
			"value",
			"match"
		],
		needs: "pattern",
		priority: 900
	},
	pep440: {
		attributes: [
			"pattern",
			"value",
			"match"
		],
		needs: "pattern",
		priority: 900
	},
	match: {
		attributes: [
			"pattern",
			"group",
			"value"
		],
		needs: "pattern",
		priority: 800
	},
	edge: {
		attributes: ["branch"],
		needs: void 0,
		priority: 700
	},
	ref: {
		attributes: ["event"],
		needs: "event",
		priority: 600
	},
	raw: {
		attributes: ["value"],
		needs: "value",
		priority: 200
	},
	sha: {
		attributes: ["format"],
		needs: void 0,
		priority: 100
	}
};
/** Attributes that every type takes. */
const COMMON = [
	"enable",
	"priority",
	"prefix",
	"suffix"
];
/** What some attributes have to be. */
const VALUES = {
	event: {
		is: /^(?:branch|tag|pr)$/,
		hint: "Write event=branch, event=tag or event=pr."
	},
	format: {
		is: /^(?:short|long)$/,
		hint: "Write format=short or format=long."
	},
	group: {
		is: /^\d+$/,
		hint: "Write the number of a group of the pattern: group=1."
	},
	priority: {
		is: /^-?\d+(?:\.\d+)?$/,
		hint: "Write a number: priority=900."
	}
};
/**
* Reads a rule: `type=…` and its attributes in any order; what has no name is the value, and without a type it is a `raw` one.
* @param fields of its line
* @throws ActionError `bad_input` for what is not known or missing.
*/
const parseRule = (fields) => {
	const line = fields.join(",");
	const { type = "raw", priority, ...attributes } = parseAttributes(fields, "value");
	if (!isType(type)) throw new ActionError("bad_input", `input tags: "${line}" has the type "${type}"`, { hint: `Its type is one of ${Object.keys(RULE_TYPES).join(", ")}.` });
	const { needs, attributes: own, priority: usual } = RULE_TYPES[type];
	warnOfUnknown(line, attributes, [...own, ...COMMON]);
	if (needs !== void 0 && (attributes[needs] ?? "") === "" && !isEmptyValue(needs, attributes)) throw new ActionError("bad_input", `input tags: "${line}" has no ${needs}`, { hint: `type=${type} needs ${needs}=….` });
	checkValues(line, {
		...attributes,
		...priority !== void 0 && { priority }
	});
	return {
		type,
		attributes,
		priority: Number(priority ?? usual)
	};
};
/** `name=value` fields; names in lower case. A field without a name has that of `unnamed`. */
function parseAttributes(fields, unnamed) {
	const pairs = fields.map((field) => {
		const at = field.indexOf("=");
		return at < 1 ? [unnamed, field.trim()] : [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim()];
	});
	return Object.fromEntries(pairs);
}
const isType = (type) => Object.hasOwn(RULE_TYPES, type);
/** `type=raw,value=` is what an expression of the workflow that gives nothing leaves: no tag, and no fault. */
const isEmptyValue = (needs, attributes) => needs === "value" && attributes["value"] !== void 0;
/** docker/metadata-action takes them without a word, and workflows have some that never did anything. */
function warnOfUnknown(line, attributes, known) {
	for (const name of Object.keys(attributes)) {
		if (known.includes(name)) continue;
		warn(`tags: "${line}" has the attribute "${name}", which does nothing; it takes ${known.join(", ")}`);
	}
}
function checkValues(line, attributes) {
	for (const [name, value] of Object.entries(attributes)) {
		const rule = VALUES[name];
		if (rule === void 0 || rule.is.test(value)) continue;
		throw new ActionError("bad_input", `input tags: "${line}" has ${name}=${value}`, { hint: rule.hint });
	}
}

export { formatImage as a, readReference as i, parseRule as n, parseImage as o, planPush as r, parseAttributes as t };