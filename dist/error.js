// action/error.ts
/** Why the Action stopped, in words that programs can compare. docs/errors.md says what to do about each. */
const ACTION_ERROR_CODES = [
	"bad_input",
	"bad_environment",
	"build_failed",
	"no_digest",
	"no_buildx",
	"no_docker",
	"no_id_token",
	"login_failed",
	"unreachable",
	"rejected",
	"bad_answer",
	"lost",
	"still_running",
	"cancelled",
	"deployment_failed"
];
/** The one error of the Action: what failed with its value, and what to do about it. */
var ActionError = class extends Error {
	code;
	/** What to do. */
	hint;
	/** Of what is `rejected`: the code of the receiver's answer, where it has one. */
	problem;
	/** Of a preview that a newer run removed: that run. */
	newerRun;
	constructor(code, message, options) {
		super(message, options?.cause === void 0 ? {} : { cause: options.cause });
		this.name = "ActionError";
		this.code = code;
		this.hint = options?.hint;
		this.problem = options?.problem;
		this.newerRun = options?.newerRun;
	}
};
/** Message and hint of any error, for the one line that ends a job. */
const describeError = (error) => {
	if (error instanceof ActionError) return error.hint === void 0 ? error.message : `${error.message}\n${error.hint}`;
	return error instanceof Error ? error.message : String(error);
};

export { ActionError as n, describeError as r, ACTION_ERROR_CODES as t };