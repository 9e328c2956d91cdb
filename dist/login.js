import { s as getState, u as saveState, v as rmRF } from "./core.js";
import { n as ActionError } from "./error.js";
import { c as warn, n as hide } from "./log.js";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { homedir, tmpdir } from "node:os";

// action/registries/host.ts
/** Docker's name for Docker Hub in `config.json` (docker/cli `authConfigKey`). */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
/** The key of a registry in `auths`: its host and port, however it was written; Docker Hub has a name of its own. */
const configKey = (registry) => {
	const host = registryHost(registry);
	return host === "docker.io" ? DOCKER_HUB_KEY : host;
};
/** Host and port of a registry written as `host`, `https://host/` or `https://host/v2/`; all of Docker Hub's names are `docker.io`. */
const registryHost = (registry) => {
	const host = registry.replace(/^https?:\/\//i, "").replace(/\/.*/, "").toLowerCase();
	return [
		"docker.io",
		"index.docker.io",
		"registry-1.docker.io"
	].includes(host) ? "docker.io" : host;
};

// action/login.ts
const STATE = "docker-config";
/**
* Makes a private `DOCKER_CONFIG` that knows the workflow's own settings and logins, and this one login over them.
* Nothing outside of that directory changes, so no later step of the job is signed in by it.
* @param login undefined to use the logins that Docker has already.
* @throws ActionError `bad_environment` when the workflow's `config.json` is not a JSON object.
*/
const prepareDocker = (login, env, temporary) => {
	if (login !== void 0) hide(login.password, encode(login));
	const original = env["DOCKER_CONFIG"] || join(homedir(), ".docker");
	const config = mergeLogin(readConfig(join(original, "config.json")), login);
	const base = temporary === "" ? tmpdir() : temporary;
	mkdirSync(base, { recursive: true });
	const directory = mkdtempSync(join(base, "deploy-action-docker-"));
	saveState(STATE, directory);
	linkEverythingElse(original, directory);
	writeFileSync(join(directory, "config.json"), `${JSON.stringify(config, null, 2)}\n`, {
		mode: 384,
		flag: "wx"
	});
	return {
		directory,
		env: childEnvironment({
			env,
			directory,
			original,
			login
		})
	};
};
/** Deletes what {@link prepareDocker} made. One that stays is warned of, for how the build ended matters more. */
const removeDocker = async (directory, remove = rmRF) => {
	try {
		await remove(directory);
	} catch (error) {
		warn(`${directory}, which holds logins and secrets of the build, cannot be removed (${String(error)}): remove it, if the runner lives on`);
	}
};
/** Deletes what a step that was killed left behind, in the post step. */
const removeLeftDocker = async () => {
	const directory = getState(STATE);
	if (directory !== "") await removeDocker(directory);
};
/**
* The caller's settings with one login over them. Other hosts keep their `auths`, `credHelpers` and `credsStore`. A
* `credsStore` would hide a plain entry; an empty helper for the host brings docker/cli's
* `getConfiguredCredentialStore` back to the file for that host alone.
*/
const mergeLogin = (config, login) => {
	if (login === void 0) return config;
	const auth = encode(login);
	const auths = { ...config.auths };
	const credHelpers = { ...config.credHelpers };
	for (const key of keysOf(login)) {
		auths[key] = { auth };
		credHelpers[key] = "";
	}
	return {
		...config,
		auths,
		credHelpers
	};
};
const keysOf = ({ registry, alsoAt = [] }) => [registry, ...alsoAt].map(configKey);
/** The form that the password has in the file. */
const encode = ({ username, password }) => Buffer.from(`${username}:${password}`).toString("base64");
function readConfig(path) {
	let text;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if (error.code === "ENOENT") return {};
		throw new ActionError("bad_environment", `Docker's settings ${path} cannot be read`, {
			hint: "Let the user that runs the job read the file, or set DOCKER_CONFIG to another directory.",
			cause: error
		});
	}
	const value = text.trim() === "" ? {} : parseObject(text);
	if (value !== void 0) return value;
	throw new ActionError("bad_environment", `Docker's settings ${path} are not a JSON object`, { hint: "Mend or delete the file, or set DOCKER_CONFIG to another directory." });
}
function parseObject(text) {
	try {
		const value = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? value : void 0;
	} catch {
		return;
	}
}
/**
* Plugins, contexts, TLS files and the workflow's builder are found where they are. Windows lets nobody but administrators make
* symbolic links: a folder's is a junction there, which anybody may make. What cannot be linked (a file there, a folder on a
* share of the network) is copied. A link that leads nowhere is left out, for there is nothing to copy.
*/
const linkEverythingElse = (original, directory, link = symlinkSync) => {
	let names;
	try {
		names = readdirSync(original);
	} catch {
		return;
	}
	for (const name of names) {
		if (name === "config.json") continue;
		const [from, to] = [resolve(original, name), join(directory, name)];
		const there = statOf(from);
		if (there === void 0) continue;
		try {
			link(from, to, there.isDirectory() ? "junction" : "file");
		} catch {
			cpSync(from, to, {
				recursive: true,
				dereference: true
			});
		}
	}
};
/** Of what a link leads to; undefined where that is nowhere, or in a circle. */
function statOf(path) {
	try {
		return statSync(path);
	} catch {
		return;
	}
}
function childEnvironment(from) {
	const auths = from.env["DOCKER_AUTH_CONFIG"];
	const own = {
		DOCKER_CONFIG: from.directory,
		BUILDX_CONFIG: from.env["BUILDX_CONFIG"] || join(from.original, "buildx"),
		...auths !== void 0 && from.login !== void 0 && { DOCKER_AUTH_CONFIG: withoutHosts(auths, keysOf(from.login)) }
	};
	const others = Object.entries(from.env).filter(([name]) => !name.startsWith("INPUT_") && !(name.toUpperCase() in own));
	return {
		...Object.fromEntries(others),
		...own
	};
}
/** `DOCKER_AUTH_CONFIG` goes before `config.json` in docker/cli, and would hide the login. */
function withoutHosts(text, keys) {
	const config = parseObject(text);
	if (config?.auths === void 0) return text;
	const others = Object.entries(config.auths).filter(([key]) => !keys.includes(key));
	return JSON.stringify({
		...config,
		auths: Object.fromEntries(others)
	});
}

export { registryHost as i, removeDocker as n, removeLeftDocker as r, prepareDocker as t };