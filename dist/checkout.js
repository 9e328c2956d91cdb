import { _ as getExecOutput } from "./core.js";
import { n as ActionError } from "./error.js";
import { c as warn } from "./log.js";

// action/metadata/checkout.ts
/**
* Reads what is checked out.
* @throws ActionError `bad_environment` when that is no repository.
*/
const readCheckout = async (directory) => {
	const git = (...args) => runGit(directory, args);
	const sha = await git("rev-parse", "--verify", "HEAD");
	if (sha === "") throw new ActionError("bad_environment", `there is no Git checkout in ${directory}`, { hint: "Add actions/checkout before this step, or leave tag-context out." });
	return {
		sha,
		ref: await git("symbolic-ref", "--quiet", "HEAD") || refAt(await git("for-each-ref", "--format=%(refname)", "--points-at=HEAD"))
	};
};
/**
* When a commit was made: as the checkout knows it, else as GitHub does.
* @returns undefined where nobody knows.
*/
const readCommitDate = async (sha, { directory, ...github }) => {
	const told = await runGit(directory, [
		"show",
		"--no-patch",
		"--format=%cI",
		"--end-of-options",
		sha
	]);
	const date = new Date(told || await askGithub(sha, github));
	if (!Number.isNaN(date.getTime())) return date;
	warn(`nobody knows when commit ${sha} was made: {{commit_date}} is now`);
};
async function askGithub(sha, { repository, apiUrl, token, signal }) {
	const [owner = "", repo = ""] = repository.split("/");
	if (token === "" || repo === "") return "";
	try {
		const { createOctokit } = await import("./octokit.js");
		const { data } = await createOctokit(token).rest.repos.getCommit({
			owner,
			repo,
			ref: sha,
			baseUrl: apiUrl,
			request: { signal }
		});
		return data.commit.committer?.date ?? "";
	} catch (error) {
		signal.throwIfAborted();
		warn(`GitHub does not say when commit ${sha} was made: ${String(error)}`);
		return "";
	}
}
/** Which of the refs at the checked-out commit is meant: a tag, a pull request, or a branch of the remote. */
function refAt(refs) {
	const tag = refs.split("\n").find((name) => name.startsWith("refs/tags/"));
	const [, pull] = /^refs\/remotes\/(pull\/\d+\/(?:merge|head))$/m.exec(refs) ?? [];
	const [, branch] = /^refs\/remotes\/[^/\n]+\/(?!HEAD$)(.+)$/m.exec(refs) ?? [];
	if (tag !== void 0) return tag;
	if (pull !== void 0) return `refs/${pull}`;
	return branch === void 0 ? "" : `refs/heads/${branch}`;
}
/**
* What Git says; `''` where it has nothing to say, or is not there. It asks nobody for what a partial clone lacks. In a job's
* container the checkout belongs to another user, of which Git would say nothing: this directory is trusted, no one above it.
*/
async function runGit(cwd, question) {
	const args = [
		"-c",
		`safe.directory=${cwd}`,
		...question
	];
	const options = {
		cwd,
		env: {
			...process.env,
			GIT_NO_LAZY_FETCH: "1",
			GIT_TERMINAL_PROMPT: "0"
		},
		silent: true,
		ignoreReturnCode: true
	};
	try {
		const { exitCode, stdout } = await getExecOutput("git", args, options);
		return exitCode === 0 ? stdout.trim() : "";
	} catch {
		return "";
	}
}

export { readCheckout, readCommitDate };