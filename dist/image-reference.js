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
/** A digest as people read it: as many of its digits as a rollback takes. */
const shortDigest = (digest) => digest.slice(0, 19);

export { parseImage as n, shortDigest as r, formatImage as t };