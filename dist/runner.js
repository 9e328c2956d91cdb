import { appendFileSync } from "node:fs";
import { randomUUID } from "node:crypto";

// action/runner.ts
/** Hides a value from everything that is printed afterwards. */
const setSecret = (value) => command("add-mask", {}, value);
/** Prints a line as it is. */
const print = (line) => void process.stdout.write(`${line}\n`);
const startGroup = (title) => command("group", {}, title);
const endGroup = () => command("endgroup", {}, "");
/** A message with an annotation. */
const annotate = (level, message, title) => command(level, title === void 0 ? {} : { title }, message);
/** Lets the step fail, with an annotation that says why. */
const setFailed = (message) => {
	process.exitCode = 1;
	annotate("error", message);
};
const setOutput = (name, value) => append("GITHUB_OUTPUT", block(name, String(value)));
/** Keeps a value for the post step. */
const saveState = (name, value) => append("GITHUB_STATE", block(name, value));
/** What the main step kept; `''` for nothing. */
const getState = (name) => process.env[`STATE_${name}`] ?? "";
/** Adds to the job's summary, Markdown. */
const addSummary = (markdown) => append("GITHUB_STEP_SUMMARY", markdown);
function command(name, properties, data) {
	const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
	print(`::${name}${given.length === 0 ? "" : ` ${given.join(",")}`}::${escapeData(data)}`);
}
const escapeData = (text) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text) => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
/** A delimiter that no value holds, so that a value cannot set another one. */
function block(name, value) {
	const delimiter = `ghadelimiter_${randomUUID()}`;
	return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}
/** Outside of GitHub there is no such file, and nobody to read it. */
function append(variable, text) {
	const file = process.env[variable];
	if (file !== void 0 && file !== "") appendFileSync(file, text);
}

export { print as a, setOutput as c, getState as i, setSecret as l, annotate as n, saveState as o, endGroup as r, setFailed as s, addSummary as t, startGroup as u };