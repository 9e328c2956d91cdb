import { c as info, h as warning, l as notice, m as startGroup, n as endGroup, p as setSecret, t as debug$1 } from "./core.js";
import { AsyncLocalStorage } from "node:async_hooks";

// action/log.ts
/** Whom what is said is about, while several things go on at once. */
const subject = new AsyncLocalStorage();
/** Whatever `work` says, and all that it calls, begins with this name. */
const sayingOf = (name, work) => subject.run(name, work);
/**
* Prints text to the job's log, line by line. Whatever it holds (a container's log, a server's words) stays text: it
* can end no line early and issue no workflow command.
*/
const say = (text) => {
	for (const line of plainLines(text)) info(named(line));
};
/** Prints text like {@link say}, folded under a title. */
const sayFolded = (title, lines) => {
	startGroup(named(plainLines(title).join(" ")));
	for (const line of lines) say(line);
	endGroup();
};
/** A warning with an annotation. */
const warn = (text) => warning(named(plainLines(text).join("\n")));
/** What only who looks for a cause wants to see. */
const debug = (text) => debug$1(named(plainLines(text).join(" ")));
/** What is worth an annotation, and nothing to worry about. */
const note = (text) => notice(named(plainLines(text).join("\n")));
function named(line) {
	const name = subject.getStore();
	return name === void 0 ? line : `${name}  ${line}`;
}
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

export { say as a, warn as c, plainLines as i, hide as n, sayFolded as o, note as r, sayingOf as s, debug as t };