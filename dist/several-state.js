import { b as summary, f as setOutput, i as exportVariable, r as error, s as getState, u as saveState, x as HttpClient } from "./core.js";
import { n as ActionError, r as describeError, t as ACTION_ERROR_CODES } from "./error.js";
import { r as readText$1, t as BodyTooLong } from "./read-body.js";
import { a as say, c as warn, i as plainLines, n as hide, o as sayFolded } from "./log.js";
import { r as shortDigest, t as formatImage } from "./image-reference.js";
import { setTimeout as setTimeout$1 } from "node:timers/promises";

// node_modules/valibot/dist/index.mjs
let store$4;
const DEFAULT_CONFIG = {
	lang: void 0,
	message: void 0,
	abortEarly: void 0,
	abortPipeEarly: void 0
};
/**
* Returns the global configuration.
*
* @param config The config to merge.
*
* @returns The configuration.
*/
/* @__NO_SIDE_EFFECTS__ */
function getGlobalConfig(config$1) {
	if (!config$1 && !store$4) return DEFAULT_CONFIG;
	return {
		lang: config$1?.lang ?? store$4?.lang,
		message: config$1?.message,
		abortEarly: config$1?.abortEarly ?? store$4?.abortEarly,
		abortPipeEarly: config$1?.abortPipeEarly ?? store$4?.abortPipeEarly
	};
}
let store$3;
/**
* Returns a global error message.
*
* @param lang The language of the message.
*
* @returns The error message.
*/
/* @__NO_SIDE_EFFECTS__ */
function getGlobalMessage(lang) {
	return store$3?.get(lang);
}
let store$2;
/**
* Returns a schema error message.
*
* @param lang The language of the message.
*
* @returns The error message.
*/
/* @__NO_SIDE_EFFECTS__ */
function getSchemaMessage(lang) {
	return store$2?.get(lang);
}
let store$1;
/**
* Returns a specific error message.
*
* @param reference The identifier reference.
* @param lang The language of the message.
*
* @returns The error message.
*/
/* @__NO_SIDE_EFFECTS__ */
function getSpecificMessage(reference, lang) {
	return store$1?.get(reference)?.get(lang);
}
/**
* Stringifies an unknown input to a literal or type string.
*
* @param input The unknown input.
*
* @returns A literal or type string.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _stringify(input) {
	const type = typeof input;
	if (type === "string") return `"${input}"`;
	if (type === "number" || type === "bigint" || type === "boolean") return `${input}`;
	if (type === "object" || type === "function") return (input && Object.getPrototypeOf(input)?.constructor?.name) ?? "null";
	return type;
}
/**
* Adds an issue to the dataset.
*
* @param context The issue context.
* @param label The issue label.
* @param dataset The input dataset.
* @param config The configuration.
* @param other The optional props.
*
* @internal
*/
function _addIssue(context, label, dataset, config$1, other) {
	const input = other && "input" in other ? other.input : dataset.value;
	const expected = other?.expected ?? context.expects ?? null;
	const received = other?.received ?? /* @__PURE__ */ _stringify(input);
	const issue = {
		kind: context.kind,
		type: context.type,
		input,
		expected,
		received,
		message: `Invalid ${label}: ${expected ? `Expected ${expected} but r` : "R"}eceived ${received}`,
		requirement: context.requirement,
		path: other?.path,
		issues: other?.issues,
		lang: config$1.lang,
		abortEarly: config$1.abortEarly,
		abortPipeEarly: config$1.abortPipeEarly
	};
	const isSchema = context.kind === "schema";
	const message$1 = other?.message ?? context.message ?? /* @__PURE__ */ getSpecificMessage(context.reference, issue.lang) ?? (isSchema ? /* @__PURE__ */ getSchemaMessage(issue.lang) : null) ?? config$1.message ?? /* @__PURE__ */ getGlobalMessage(issue.lang);
	if (message$1 !== void 0) issue.message = typeof message$1 === "function" ? message$1(issue) : message$1;
	if (isSchema) dataset.typed = false;
	if (dataset.issues) dataset.issues.push(issue);
	else dataset.issues = [issue];
}
/**
* Compares two values using the SameValueZero algorithm, which treats `NaN`
* as equal to itself unlike `===`.
*
* @param value1 The first value.
* @param value2 The second value.
*
* @returns Whether the values are equal.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _isSameValueZero(value1, value2) {
	return value1 === value2 || Number.isNaN(value1) && Number.isNaN(value2);
}
/**
* Joins multiple `expects` values with the given separator.
*
* @param values The `expects` values.
* @param separator The separator.
*
* @returns The joined `expects` property.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _joinExpects(values$1, separator) {
	const list = [...new Set(values$1)];
	if (list.length > 1) return `(${list.join(` ${separator} `)})`;
	return list[0] ?? "never";
}
/**
* Eagerly creates and attaches the Standard Schema properties of a schema.
*
* Hint: The contextual `this` type includes the standard properties that are
* attached before the schema is returned.
*
* @param schema The schema to attach standard properties to.
*
* @returns The schema with standard properties attached.
*
* @internal
*/
function _standardSchema(schema) {
	schema["~standard"] = {
		version: 1,
		vendor: "valibot",
		validate: (value$1) => schema["~run"]({ value: value$1 }, /* @__PURE__ */ getGlobalConfig())
	};
	return schema;
}
/**
* A Valibot error with useful information.
*/
var ValiError = class extends Error {
	/**
	* Creates a Valibot error with useful information.
	*
	* @param issues The error issues.
	*/
	constructor(issues) {
		super(issues[0].message);
		this.name = "ValiError";
		this.issues = issues;
	}
};
/**
* [ISO 8601](https://en.wikipedia.org/wiki/ISO_8601) timestamp regex. Allows a
* space as a date/time separator and an optional space before the UTC offset.
*/
const ISO_TIMESTAMP_REGEX = /^\d{4}-(?:0[1-9]|1[0-2])-(?:[12]\d|0[1-9]|3[01])[T ](?:0\d|1\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z| ?[+-](?:0\d|1\d|2[0-3])(?::?[0-5]\d)?)$/u;
/* @__NO_SIDE_EFFECTS__ */
function check(requirement, message$1) {
	return {
		kind: "validation",
		type: "check",
		reference: check,
		async: false,
		expects: null,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && !this.requirement(dataset.value)) _addIssue(this, "input", dataset, config$1);
			return dataset;
		}
	};
}
/* @__NO_SIDE_EFFECTS__ */
function isoTimestamp(message$1) {
	return {
		kind: "validation",
		type: "iso_timestamp",
		reference: isoTimestamp,
		async: false,
		expects: null,
		requirement: ISO_TIMESTAMP_REGEX,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && !this.requirement.test(dataset.value)) _addIssue(this, "timestamp", dataset, config$1);
			return dataset;
		}
	};
}
/* @__NO_SIDE_EFFECTS__ */
function maxLength(requirement, message$1) {
	return {
		kind: "validation",
		type: "max_length",
		reference: maxLength,
		async: false,
		expects: `<=${requirement}`,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && dataset.value.length > this.requirement) _addIssue(this, "length", dataset, config$1, { received: `${dataset.value.length}` });
			return dataset;
		}
	};
}
/* @__NO_SIDE_EFFECTS__ */
function minLength(requirement, message$1) {
	return {
		kind: "validation",
		type: "min_length",
		reference: minLength,
		async: false,
		expects: `>=${requirement}`,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && dataset.value.length < this.requirement) _addIssue(this, "length", dataset, config$1, { received: `${dataset.value.length}` });
			return dataset;
		}
	};
}
/* @__NO_SIDE_EFFECTS__ */
function parseJson(config$1, message$1) {
	return {
		kind: "transformation",
		type: "parse_json",
		reference: parseJson,
		config: config$1,
		message: message$1,
		async: false,
		"~run"(dataset, config$2) {
			try {
				dataset.value = JSON.parse(dataset.value, this.config?.reviver);
			} catch (error) {
				if (error instanceof Error) {
					_addIssue(this, "JSON", dataset, config$2, { received: `"${error.message}"` });
					dataset.typed = false;
				} else throw error;
			}
			return dataset;
		}
	};
}
const ABORT_EARLY_CONFIG = { abortEarly: true };
/**
* Returns the fallback value of the schema.
*
* @param schema The schema to get it from.
* @param dataset The output dataset if available.
* @param config The config if available.
*
* @returns The fallback value.
*/
/* @__NO_SIDE_EFFECTS__ */
function getFallback(schema, dataset, config$1) {
	return typeof schema.fallback === "function" ? schema.fallback(dataset, config$1) : schema.fallback;
}
/**
* Returns a fallback value as output if the input does not match the schema.
*
* @param schema The schema to catch.
* @param fallback The fallback value.
*
* @returns The passed schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function fallback(schema, fallback$1) {
	return _standardSchema({
		...schema,
		fallback: fallback$1,
		"~run"(dataset, config$1) {
			const outputDataset = schema["~run"](dataset, config$1);
			return outputDataset.issues ? {
				typed: true,
				value: /* @__PURE__ */ getFallback(this, outputDataset, config$1)
			} : outputDataset;
		}
	});
}
/**
* Returns the default value of the schema.
*
* @param schema The schema to get it from.
* @param dataset The input dataset if available.
* @param config The config if available.
*
* @returns The default value.
*/
/* @__NO_SIDE_EFFECTS__ */
function getDefault(schema, dataset, config$1) {
	return typeof schema.default === "function" ? schema.default(dataset, config$1) : schema.default;
}
/**
* Checks if the input matches the schema. By using a type predicate, this
* function can be used as a type guard.
*
* @param schema The schema to be used.
* @param input The input to be tested.
*
* @returns Whether the input matches the schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function is(schema, input) {
	return !schema["~run"]({ value: input }, ABORT_EARLY_CONFIG).issues;
}
/* @__NO_SIDE_EFFECTS__ */
function array(item, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "array",
		reference: array,
		expects: "Array",
		async: false,
		item,
		message: message$1,
		"~run"(dataset, config$1) {
			const input = dataset.value;
			if (Array.isArray(input)) {
				dataset.typed = true;
				dataset.value = [];
				for (let key = 0; key < input.length; key++) {
					const value$1 = input[key];
					const itemDataset = this.item["~run"]({ value: value$1 }, config$1);
					if (itemDataset.issues) {
						const pathItem = {
							type: "array",
							origin: "value",
							input,
							key,
							value: value$1
						};
						for (const issue of itemDataset.issues) {
							if (issue.path) issue.path.unshift(pathItem);
							else issue.path = [pathItem];
							dataset.issues?.push(issue);
						}
						if (!dataset.issues) dataset.issues = itemDataset.issues;
						if (config$1.abortEarly) {
							dataset.typed = false;
							break;
						}
					}
					if (!itemDataset.typed) dataset.typed = false;
					dataset.value.push(itemDataset.value);
				}
			} else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function boolean(message$1) {
	return _standardSchema({
		kind: "schema",
		type: "boolean",
		reference: boolean,
		expects: "boolean",
		async: false,
		message: message$1,
		"~run"(dataset, config$1) {
			if (typeof dataset.value === "boolean") dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function literal(literal_, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "literal",
		reference: literal,
		expects: /* @__PURE__ */ _stringify(literal_),
		async: false,
		literal: literal_,
		message: message$1,
		"~run"(dataset, config$1) {
			if (/* @__PURE__ */ _isSameValueZero(dataset.value, this.literal)) dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function number(message$1) {
	return _standardSchema({
		kind: "schema",
		type: "number",
		reference: number,
		expects: "number",
		async: false,
		message: message$1,
		"~run"(dataset, config$1) {
			if (typeof dataset.value === "number" && !isNaN(dataset.value)) dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function object(entries$1, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "object",
		reference: object,
		expects: "Object",
		async: false,
		entries: entries$1,
		message: message$1,
		"~run"(dataset, config$1) {
			const input = dataset.value;
			if (input && typeof input === "object") {
				dataset.typed = true;
				dataset.value = {};
				for (const key in this.entries) {
					const valueSchema = this.entries[key];
					if (key in input || (valueSchema.type === "exact_optional" || valueSchema.type === "optional" || valueSchema.type === "nullish") && valueSchema.default !== void 0) {
						const value$1 = key in input ? input[key] : /* @__PURE__ */ getDefault(valueSchema);
						const valueDataset = valueSchema["~run"]({ value: value$1 }, config$1);
						if (valueDataset.issues) {
							const pathItem = {
								type: "object",
								origin: "value",
								input,
								key,
								value: value$1
							};
							for (const issue of valueDataset.issues) {
								if (issue.path) issue.path.unshift(pathItem);
								else issue.path = [pathItem];
								dataset.issues?.push(issue);
							}
							if (!dataset.issues) dataset.issues = valueDataset.issues;
							if (config$1.abortEarly) {
								dataset.typed = false;
								break;
							}
						}
						if (!valueDataset.typed) dataset.typed = false;
						dataset.value[key] = valueDataset.value;
					} else if (valueSchema.fallback !== void 0) dataset.value[key] = /* @__PURE__ */ getFallback(valueSchema);
					else if (valueSchema.type !== "exact_optional" && valueSchema.type !== "optional" && valueSchema.type !== "nullish") {
						_addIssue(this, "key", dataset, config$1, {
							input: void 0,
							expected: `"${key}"`,
							path: [{
								type: "object",
								origin: "key",
								input,
								key,
								value: input[key]
							}]
						});
						if (config$1.abortEarly) break;
					}
				}
			} else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function optional(wrapped, default_) {
	return _standardSchema({
		kind: "schema",
		type: "optional",
		reference: optional,
		expects: `(${wrapped.expects} | undefined)`,
		async: false,
		wrapped,
		default: default_,
		"~run"(dataset, config$1) {
			if (dataset.value === void 0) {
				if (this.default !== void 0) dataset.value = /* @__PURE__ */ getDefault(this, dataset, config$1);
				if (dataset.value === void 0) {
					dataset.typed = true;
					return dataset;
				}
			}
			return this.wrapped["~run"](dataset, config$1);
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function picklist(options, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "picklist",
		reference: picklist,
		expects: /* @__PURE__ */ _joinExpects(options.map(_stringify), "|"),
		async: false,
		options,
		message: message$1,
		"~run"(dataset, config$1) {
			if (this.options.includes(dataset.value)) dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function string(message$1) {
	return _standardSchema({
		kind: "schema",
		type: "string",
		reference: string,
		expects: "string",
		async: false,
		message: message$1,
		"~run"(dataset, config$1) {
			if (typeof dataset.value === "string") dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function tupleWithRest(items, rest, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "tuple_with_rest",
		reference: tupleWithRest,
		expects: "Array",
		async: false,
		items,
		rest,
		message: message$1,
		"~run"(dataset, config$1) {
			const input = dataset.value;
			if (Array.isArray(input)) {
				dataset.typed = true;
				dataset.value = [];
				for (let key = 0; key < this.items.length; key++) {
					const value$1 = input[key];
					const itemDataset = this.items[key]["~run"]({ value: value$1 }, config$1);
					if (itemDataset.issues) {
						const pathItem = {
							type: "array",
							origin: "value",
							input,
							key,
							value: value$1
						};
						for (const issue of itemDataset.issues) {
							if (issue.path) issue.path.unshift(pathItem);
							else issue.path = [pathItem];
							dataset.issues?.push(issue);
						}
						if (!dataset.issues) dataset.issues = itemDataset.issues;
						if (config$1.abortEarly) {
							dataset.typed = false;
							break;
						}
					}
					if (!itemDataset.typed) dataset.typed = false;
					dataset.value.push(itemDataset.value);
				}
				if (!dataset.issues || !config$1.abortEarly) for (let key = this.items.length; key < input.length; key++) {
					const value$1 = input[key];
					const itemDataset = this.rest["~run"]({ value: value$1 }, config$1);
					if (itemDataset.issues) {
						const pathItem = {
							type: "array",
							origin: "value",
							input,
							key,
							value: value$1
						};
						for (const issue of itemDataset.issues) {
							if (issue.path) issue.path.unshift(pathItem);
							else issue.path = [pathItem];
							dataset.issues?.push(issue);
						}
						if (!dataset.issues) dataset.issues = itemDataset.issues;
						if (config$1.abortEarly) {
							dataset.typed = false;
							break;
						}
					}
					if (!itemDataset.typed) dataset.typed = false;
					dataset.value.push(itemDataset.value);
				}
			} else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/**
* Returns the sub issues of the provided datasets for the union issue.
*
* @param datasets The datasets.
*
* @returns The sub issues.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _subIssues(datasets) {
	let issues;
	if (datasets) for (const dataset of datasets) if (issues) for (const issue of dataset.issues) issues.push(issue);
	else issues = dataset.issues;
	return issues;
}
/* @__NO_SIDE_EFFECTS__ */
function union(options, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "union",
		reference: union,
		expects: /* @__PURE__ */ _joinExpects(options.map((option) => option.expects), "|"),
		async: false,
		options,
		message: message$1,
		"~run"(dataset, config$1) {
			let validDataset;
			let typedDatasets;
			let untypedDatasets;
			for (const schema of this.options) {
				const optionDataset = schema["~run"]({ value: dataset.value }, config$1);
				if (optionDataset.typed) if (optionDataset.issues) if (typedDatasets) typedDatasets.push(optionDataset);
				else typedDatasets = [optionDataset];
				else {
					validDataset = optionDataset;
					break;
				}
				else if (untypedDatasets) untypedDatasets.push(optionDataset);
				else untypedDatasets = [optionDataset];
			}
			if (validDataset) return validDataset;
			if (typedDatasets) {
				if (typedDatasets.length === 1) return typedDatasets[0];
				_addIssue(this, "type", dataset, config$1, { issues: /* @__PURE__ */ _subIssues(typedDatasets) });
				dataset.typed = true;
			} else if (untypedDatasets?.length === 1) return untypedDatasets[0];
			else _addIssue(this, "type", dataset, config$1, { issues: /* @__PURE__ */ _subIssues(untypedDatasets) });
			return dataset;
		}
	});
}
/**
* Creates a unknown schema.
*
* @returns A unknown schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function unknown() {
	return _standardSchema({
		kind: "schema",
		type: "unknown",
		reference: unknown,
		expects: "unknown",
		async: false,
		"~run"(dataset) {
			dataset.typed = true;
			return dataset;
		}
	});
}
/* @__NO_SIDE_EFFECTS__ */
function variant(key, options, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "variant",
		reference: variant,
		expects: "Object",
		async: false,
		key,
		options,
		message: message$1,
		"~run"(dataset, config$1) {
			const input = dataset.value;
			if (input && typeof input === "object") {
				let outputDataset;
				let maxDiscriminatorPriority = 0;
				let invalidDiscriminatorKey = this.key;
				let expectedDiscriminators = [];
				const parseOptions = (variant$1, allKeys) => {
					for (const schema of variant$1.options) {
						if (schema.type === "variant") parseOptions(schema, new Set(allKeys).add(schema.key));
						else {
							let keysAreValid = true;
							let currentPriority = 0;
							for (const currentKey of allKeys) {
								const discriminatorSchema = schema.entries[currentKey];
								if (currentKey in input ? discriminatorSchema["~run"]({
									typed: false,
									value: input[currentKey]
								}, ABORT_EARLY_CONFIG).issues : discriminatorSchema.type !== "exact_optional" && discriminatorSchema.type !== "optional" && discriminatorSchema.type !== "nullish") {
									keysAreValid = false;
									if (invalidDiscriminatorKey !== currentKey && (maxDiscriminatorPriority < currentPriority || maxDiscriminatorPriority === currentPriority && currentKey in input && !(invalidDiscriminatorKey in input))) {
										maxDiscriminatorPriority = currentPriority;
										invalidDiscriminatorKey = currentKey;
										expectedDiscriminators = [];
									}
									if (invalidDiscriminatorKey === currentKey) expectedDiscriminators.push(schema.entries[currentKey].expects);
									break;
								}
								currentPriority++;
							}
							if (keysAreValid) {
								const optionDataset = schema["~run"]({ value: input }, config$1);
								if (!outputDataset || !outputDataset.typed && optionDataset.typed) outputDataset = optionDataset;
							}
						}
						if (outputDataset && !outputDataset.issues) break;
					}
				};
				parseOptions(this, /* @__PURE__ */ new Set([this.key]));
				if (outputDataset) return outputDataset;
				_addIssue(this, "type", dataset, config$1, {
					input: input[invalidDiscriminatorKey],
					expected: /* @__PURE__ */ _joinExpects(expectedDiscriminators, "|"),
					path: [{
						type: "object",
						origin: "value",
						input,
						key: invalidDiscriminatorKey,
						value: input[invalidDiscriminatorKey]
					}]
				});
			} else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}
/**
* Parses an unknown input based on a schema.
*
* @param schema The schema to be used.
* @param input The input to be parsed.
* @param config The parse configuration.
*
* @returns The parsed input.
*/
function parse(schema, input, config$1) {
	const dataset = schema["~run"]({ value: input }, /* @__PURE__ */ getGlobalConfig(config$1));
	if (dataset.issues) throw new ValiError(dataset.issues);
	return dataset.value;
}
/* @__NO_SIDE_EFFECTS__ */
function partial(schema, keys) {
	const entries$1 = {};
	for (const key in schema.entries) entries$1[key] = !keys || keys.includes(key) ? /* @__PURE__ */ optional(schema.entries[key]) : schema.entries[key];
	return _standardSchema({
		...schema,
		entries: entries$1
	});
}
/**
* Creates a modified copy of an object schema that contains only the selected
* entries.
*
* @param schema The schema to pick from.
* @param keys The selected entries.
*
* @returns An object schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function pick(schema, keys) {
	const entries$1 = {};
	for (const key of keys) entries$1[key] = schema.entries[key];
	return _standardSchema({
		...schema,
		entries: entries$1
	});
}
/* @__NO_SIDE_EFFECTS__ */
function pipe(...pipe$1) {
	return _standardSchema({
		...pipe$1[0],
		pipe: pipe$1,
		"~run"(dataset, config$1) {
			for (const item of pipe$1) if (item.kind !== "metadata") {
				if (dataset.issues && (item.kind === "schema" || item.kind === "transformation")) {
					dataset.typed = false;
					break;
				}
				if (!dataset.issues || !config$1.abortEarly && !config$1.abortPipeEarly) dataset = item["~run"](dataset, config$1);
			}
			return dataset;
		}
	});
}
/**
* Parses an unknown input based on a schema.
*
* @param schema The schema to be used.
* @param input The input to be parsed.
* @param config The parse configuration.
*
* @returns The parse result.
*/
/* @__NO_SIDE_EFFECTS__ */
function safeParse(schema, input, config$1) {
	const dataset = schema["~run"]({ value: input }, /* @__PURE__ */ getGlobalConfig(config$1));
	return {
		typed: dataset.typed,
		success: !dataset.issues,
		output: dataset.value,
		issues: dataset.issues
	};
}

// action/network-error.ts
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

// action/request.ts
/** Longest answer that is read whole, in bytes. */
const MAX_TEXT_BYTES = 4194304;
/**
* One request by the runner's own client, so that proxies are as in every other step (`https_proxy`, `http_proxy`, `no_proxy`, in
* capitals too). It follows no redirect: what was signed is for one address. Rejects with Node's own network errors.
*/
const send = async (url, request) => {
	const { method, headers = {}, body = null, answerTimeoutMs, signal, isDirect = false } = request;
	const unanswered = new AbortController();
	const timer = setTimeout(() => unanswered.abort(), answerTimeoutMs);
	const ended = AbortSignal.any([unanswered.signal, ...signal ? [signal] : []]);
	const client = new HttpClient("deploy-action", [endedBy(ended, isDirect)], { allowRedirects: false });
	try {
		const { message } = await client.request(method, url, body, { ...headers });
		return {
			status: message.statusCode ?? 0,
			headers: message.headers,
			body: message
		};
	} catch (error) {
		if (!unanswered.signal.aborted) throw error;
		throw Object.assign(/* @__PURE__ */ new Error(`no answer within ${answerTimeoutMs / 1e3} s`), {
			code: "ETIMEDOUT",
			cause: error
		});
	} finally {
		clearTimeout(timer);
	}
};
/** The answer's whole body; rejects when it is longer than 4 MiB. */
const readText = ({ body }) => readText$1(body, MAX_TEXT_BYTES);
/** The client knows no signal, and hands Node's options to its handlers. The way through a proxy is a request of its own. */
const endedBy = (signal, isDirect) => ({
	prepareRequest: (options) => {
		options.signal = signal;
		if (isDirect) delete options.agent;
		const tunnel = options.agent;
		if (tunnel?.proxyOptions === void 0) options.host = options.host?.replace(/^\[(.*)\]$/, "$1");
		else {
			tunnel.proxyOptions.signal = signal;
			options.defaultPort = tunnel.defaultPort ?? 80;
		}
	},
	canHandleAuthentication: () => false,
	handleAuthentication: () => Promise.reject(/* @__PURE__ */ new Error("nothing is asked for"))
});

// action/metadata/outputs.ts
/** @param references whole ones */
const outputsOf = ({ version, tagNames, labels, annotations }, references, separators) => ({
	version,
	tags: references.join(separators.tags),
	"tag-names": tagNames.join(separators.tags),
	labels: labels.join(separators.labels),
	annotations: annotations.join(separators.annotations),
	json: JSON.stringify({
		tags: references,
		"tag-names": tagNames,
		labels: Object.fromEntries(labels.map(splitPair)),
		annotations
	})
});
const splitPair = (pair) => {
	const at = pair.indexOf("=");
	return [pair.slice(0, at), pair.slice(at + 1)];
};

// node_modules/eventsource-parser/dist/errors.js
/**
* Error thrown when encountering an issue during parsing.
*
* @public
*/
var ParseError = class extends Error {
	constructor(message, options) {
		super(message);
		this.name = "ParseError";
		this.type = options.type;
		this.field = options.field;
		this.value = options.value;
		this.line = options.line;
	}
};

// node_modules/eventsource-parser/dist/parse.js
/**
* EventSource/Server-Sent Events parser
* @see https://html.spec.whatwg.org/multipage/server-sent-events.html
*/
const LF = 10;
const CR = 13;
const SPACE = 32;
const MAX_FIELD_PREFIX_LENGTH = 6;
/**
* Creates a new EventSource parser.
*
* @param config - Parser configuration. Accepts callbacks (see {@link ParserCallbacks})
*   and options like `maxBufferSize` (see {@link ParserConfig}).
*
* @returns A new EventSource parser, with `feed` and `reset` methods.
* @public
*/
function createParser(config) {
	if (typeof config === "function") throw new TypeError("`config` must be an object, got a function instead. Did you mean `createParser({onEvent: fn})`?");
	const { maxBufferSize, onComment, onError, onEvent, onId, onRetry } = config;
	const pendingFragments = [];
	let pendingFragmentsLength = 0;
	let bomPrefix = "";
	let id;
	let data = "";
	let dataLines = 0;
	let eventType;
	let terminated = false;
	let skippingLine = false;
	let skipNextLineFeed = false;
	/**
	* Feeds a chunk of the SSE stream to the parser. Any trailing bytes that do
	* not yet form a complete line are held back and prepended to the next chunk,
	* so callers can pass arbitrary slices of the stream without worrying about
	* line boundaries.
	*
	* Per the SSE spec, one leading UTF-8 BOM is stripped before parsing,
	* even when split across chunks. This handles both the raw 3-byte form (0xEF 0xBB
	* 0xBF) and a single decoded U+FEFF, so a leading BOM is ignored regardless of
	* how the caller decoded the bytes.
	*
	* @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
	*/
	function feed(chunk) {
		if (terminated) throw new Error("Cannot feed parser: it was terminated after exceeding the configured max buffer size. Call `reset()` to resume parsing.");
		if (bomPrefix !== void 0) {
			chunk = bomPrefix + chunk;
			if (chunk === "" || chunk === "ï" || chunk === "ï»") {
				bomPrefix = chunk;
				return;
			}
			bomPrefix = void 0;
			chunk = chunk.replace(/^(?:\uFEFF|\xEF\xBB\xBF)/, "");
		}
		if (skippingLine || skipNextLineFeed) {
			chunk = resumeAfterSkip(chunk);
			if (!chunk) return;
		}
		if (!pendingFragments.length) {
			const trailing = processLines(chunk);
			if (trailing !== "") storeTrailing(trailing);
			checkForBufferOverflow();
			return;
		}
		if (chunk.indexOf("\n") === -1 && chunk.indexOf("\r") === -1) {
			if (pendingFragmentsLength < MAX_FIELD_PREFIX_LENGTH) {
				if (!shouldBufferTrailing(pendingFragments.join("") + chunk.slice(0, MAX_FIELD_PREFIX_LENGTH - pendingFragmentsLength))) {
					pendingFragments.length = 0;
					pendingFragmentsLength = 0;
					skippingLine = true;
					return;
				}
			}
			pendingFragments.push(chunk);
			pendingFragmentsLength += chunk.length;
			checkForBufferOverflow();
			return;
		}
		pendingFragments.push(chunk);
		const input = pendingFragments.join("");
		pendingFragments.length = 0;
		pendingFragmentsLength = 0;
		storeTrailing(processLines(input));
		checkForBufferOverflow();
	}
	function resumeAfterSkip(chunk) {
		if (chunk.length === 0) return chunk;
		if (skipNextLineFeed) {
			skipNextLineFeed = false;
			return chunk.charCodeAt(0) === LF ? chunk.slice(1) : chunk;
		}
		const crIndex = chunk.indexOf("\r");
		const lfIndex = chunk.indexOf("\n");
		const lineEnd = crIndex === -1 ? lfIndex : lfIndex === -1 ? crIndex : crIndex < lfIndex ? crIndex : lfIndex;
		if (lineEnd === -1) return "";
		if (lineEnd === chunk.length - 1 && chunk.charCodeAt(lineEnd) === CR) {
			skippingLine = false;
			skipNextLineFeed = true;
			return "";
		}
		skippingLine = false;
		return chunk.slice(lineEnd + (chunk.charCodeAt(lineEnd) === CR && chunk.charCodeAt(lineEnd + 1) === LF ? 2 : 1));
	}
	function storeTrailing(trailing) {
		if (!trailing) return;
		if (trailing.charCodeAt(trailing.length - 1) === CR) {
			parseLine(trailing, 0, trailing.length - 1);
			if (checkForBufferOverflow()) return;
			skipNextLineFeed = true;
			return;
		}
		if (shouldBufferTrailing(trailing)) {
			pendingFragments.push(trailing);
			pendingFragmentsLength = trailing.length;
			return;
		}
		skippingLine = true;
	}
	function shouldBufferTrailing(trailing) {
		const firstCharCode = trailing.charCodeAt(0);
		return firstCharCode === 58 && !!onComment || firstCharCode === 100 && isPotentialField(trailing, "data") || firstCharCode === 101 && isPotentialField(trailing, "event") || firstCharCode === 105 && isPotentialField(trailing, "id") || firstCharCode === 114 && isPotentialField(trailing, "retry");
	}
	function checkForBufferOverflow() {
		if (terminated) return true;
		if (maxBufferSize === void 0) return false;
		if (pendingFragmentsLength + data.length <= maxBufferSize) return false;
		terminated = true;
		pendingFragments.length = 0;
		pendingFragmentsLength = 0;
		id = void 0;
		data = "";
		dataLines = 0;
		eventType = void 0;
		skippingLine = false;
		skipNextLineFeed = false;
		onError === null || onError === void 0 || onError(new ParseError(`Buffered data exceeded max buffer size of ${maxBufferSize} characters`, { type: "max-buffer-size-exceeded" }));
		return true;
	}
	/**
	* Splits `chunk` into SSE lines and dispatches each to the appropriate handler.
	* Returns any trailing bytes that did not terminate with a line break, so the
	* caller can prepend them to the next chunk.
	*
	* The SSE spec permits three line terminators: `\n`, `\r`, and `\r\n`. Real-world
	* streams almost always use plain `\n`, so we take a fast path when no `\r` is
	* present in the chunk. The slow path is spec-correct but does more work per line.
	*/
	function processLines(chunk) {
		let searchIndex = 0;
		if (chunk.indexOf("\r") === -1) {
			let lfIndex = chunk.indexOf("\n", searchIndex);
			while (lfIndex !== -1) {
				if (searchIndex === lfIndex) {
					if (id !== void 0) onId === null || onId === void 0 || onId(id);
					if (dataLines > 0) onEvent === null || onEvent === void 0 || onEvent({
						id,
						event: eventType,
						data
					});
					id = void 0;
					data = "";
					dataLines = 0;
					eventType = void 0;
					searchIndex = lfIndex + 1;
					lfIndex = chunk.indexOf("\n", searchIndex);
					continue;
				}
				const firstCharCode = chunk.charCodeAt(searchIndex);
				if (isDataPrefix(chunk, searchIndex, firstCharCode)) {
					const valueStart = chunk.charCodeAt(searchIndex + 5) === SPACE ? searchIndex + 6 : searchIndex + 5;
					const value = chunk.slice(valueStart, lfIndex);
					if (dataLines === 0 && chunk.charCodeAt(lfIndex + 1) === LF) {
						if (id !== void 0) onId === null || onId === void 0 || onId(id);
						onEvent === null || onEvent === void 0 || onEvent({
							id,
							event: eventType,
							data: value
						});
						id = void 0;
						data = "";
						eventType = void 0;
						searchIndex = lfIndex + 2;
						lfIndex = chunk.indexOf("\n", searchIndex);
						continue;
					}
					data = dataLines === 0 ? value : `${data}\n${value}`;
					dataLines++;
				} else if (isEventPrefix(chunk, searchIndex, firstCharCode)) eventType = chunk.slice(chunk.charCodeAt(searchIndex + 6) === SPACE ? searchIndex + 7 : searchIndex + 6, lfIndex) || void 0;
				else parseLine(chunk, searchIndex, lfIndex);
				if (checkForBufferOverflow()) return "";
				searchIndex = lfIndex + 1;
				lfIndex = chunk.indexOf("\n", searchIndex);
			}
			return chunk.slice(searchIndex);
		}
		let crIndex = chunk.indexOf("\r", searchIndex);
		let lfIndex = chunk.indexOf("\n", searchIndex);
		while (searchIndex < chunk.length) {
			let lineEnd = -1;
			if (crIndex !== -1 && lfIndex !== -1) lineEnd = crIndex < lfIndex ? crIndex : lfIndex;
			else if (crIndex !== -1) {
				if (crIndex === chunk.length - 1) lineEnd = -1;
				else lineEnd = crIndex;
			} else if (lfIndex !== -1) lineEnd = lfIndex;
			if (lineEnd === -1) break;
			parseLine(chunk, searchIndex, lineEnd);
			if (checkForBufferOverflow()) return "";
			searchIndex = lineEnd + 1;
			if (chunk.charCodeAt(searchIndex - 1) === CR && chunk.charCodeAt(searchIndex) === LF) searchIndex++;
			if (crIndex !== -1 && crIndex < searchIndex) crIndex = chunk.indexOf("\r", searchIndex);
			if (lfIndex !== -1 && lfIndex < searchIndex) lfIndex = chunk.indexOf("\n", searchIndex);
		}
		return chunk.slice(searchIndex);
	}
	function parseLine(chunk, start, end) {
		if (start === end) {
			dispatchEvent();
			return;
		}
		const firstCharCode = chunk.charCodeAt(start);
		if (isDataPrefix(chunk, start, firstCharCode)) {
			const valueStart = chunk.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
			const value = chunk.slice(valueStart, end);
			data = dataLines === 0 ? value : `${data}\n${value}`;
			dataLines++;
			return;
		}
		if (isEventPrefix(chunk, start, firstCharCode)) {
			eventType = chunk.slice(chunk.charCodeAt(start + 6) === SPACE ? start + 7 : start + 6, end) || void 0;
			return;
		}
		if (firstCharCode === 105 && chunk.charCodeAt(start + 1) === 100 && chunk.charCodeAt(start + 2) === 58) {
			const value = chunk.slice(chunk.charCodeAt(start + 3) === SPACE ? start + 4 : start + 3, end);
			if (!value.includes("\0")) id = value;
			return;
		}
		if (firstCharCode === 58) {
			if (onComment) {
				const line = chunk.slice(start, end);
				onComment(line.slice(chunk.charCodeAt(start + 1) === SPACE ? 2 : 1));
			}
			return;
		}
		const line = chunk.slice(start, end);
		const fieldSeparatorIndex = line.indexOf(":");
		if (fieldSeparatorIndex === -1) {
			processField(line, "", line);
			return;
		}
		const field = line.slice(0, fieldSeparatorIndex);
		const offset = line.charCodeAt(fieldSeparatorIndex + 1) === SPACE ? 2 : 1;
		processField(field, line.slice(fieldSeparatorIndex + offset), line);
	}
	function processField(field, value, line) {
		switch (field) {
			case "event":
				eventType = value || void 0;
				break;
			case "data":
				data = dataLines === 0 ? value : `${data}\n${value}`;
				dataLines++;
				break;
			case "id":
				if (!value.includes("\0")) id = value;
				break;
			case "retry":
				if (/^\d+$/.test(value)) onRetry === null || onRetry === void 0 || onRetry(parseInt(value, 10));
				else onError === null || onError === void 0 || onError(new ParseError(`Invalid \`retry\` value: "${value}"`, {
					type: "invalid-retry",
					value,
					line
				}));
				break;
			default: onError === null || onError === void 0 || onError(new ParseError(`Unknown field "${field.length > 20 ? `${field.slice(0, 20)}…` : field}"`, {
				type: "unknown-field",
				field,
				value,
				line
			}));
		}
	}
	function dispatchEvent() {
		if (id !== void 0) onId === null || onId === void 0 || onId(id);
		if (dataLines > 0) onEvent === null || onEvent === void 0 || onEvent({
			id,
			event: eventType,
			data
		});
		id = void 0;
		data = "";
		dataLines = 0;
		eventType = void 0;
	}
	function reset(options = {}) {
		if (options.consume && pendingFragments.length > 0) {
			const incompleteLine = pendingFragments.join("");
			parseLine(incompleteLine, 0, incompleteLine.length);
		}
		bomPrefix = "";
		id = void 0;
		data = "";
		dataLines = 0;
		eventType = void 0;
		pendingFragments.length = 0;
		pendingFragmentsLength = 0;
		terminated = false;
		skippingLine = false;
		skipNextLineFeed = false;
	}
	return {
		feed,
		reset
	};
}
/**
* Checks if `chunk` starts with the literal `data:` at index `i`.
*
* Equivalent to `chunk.startsWith('data:', i)`, but benchmarks show this
* hand-unrolled char-code comparison is ~20% faster on common event types.
* The caller passes `firstCharCode` (the code at `i`) so it can be reused
* across prefix checks.
*
* ASCII: 'd' = 100, 'a' = 97, 't' = 116, 'a' = 97, ':' = 58
*/
function isDataPrefix(chunk, i, firstCharCode) {
	return firstCharCode === 100 && chunk.charCodeAt(i + 1) === 97 && chunk.charCodeAt(i + 2) === 116 && chunk.charCodeAt(i + 3) === 97 && chunk.charCodeAt(i + 4) === 58;
}
/**
* Checks if `chunk` starts with the literal `event:` at index `i`.
*
* See {@link isDataPrefix} for why this is hand-unrolled rather than using
* `String.prototype.startsWith`.
*
* ASCII: 'e' = 101, 'v' = 118, 'e' = 101, 'n' = 110, 't' = 116, ':' = 58
*/
function isEventPrefix(chunk, i, firstCharCode) {
	return firstCharCode === 101 && chunk.charCodeAt(i + 1) === 118 && chunk.charCodeAt(i + 2) === 101 && chunk.charCodeAt(i + 3) === 110 && chunk.charCodeAt(i + 4) === 116 && chunk.charCodeAt(i + 5) === 58;
}
function isPotentialField(line, field) {
	let i = 1;
	while (i < line.length && i < field.length) {
		if (line.charCodeAt(i) !== field.charCodeAt(i)) return false;
		i++;
	}
	return line.length <= field.length || line.charCodeAt(field.length) === 58;
}

// protocol/hook.ts
/** Longest idempotency key (`id` in the body, `webhook-id` in the header), in characters. */
const MAX_ID_CHARACTERS = 256;
const MAX_ATTESTATIONS = 8;
/** valibot's objects take lists too. */
const notList = pipe(unknown(), check((value) => !Array.isArray(value), "expected an object, not a list"));
const text = pipe(string(), maxLength(1e3));
/** What the sender says of itself: recorded and shown, never trusted. */
const Source = pipe(notList, object({
	repository: optional(text),
	ref: optional(text),
	sha: optional(text),
	run_url: optional(text),
	actor: optional(text),
	message: optional(text),
	/** One id over all receivers that one release went to. */
	release: optional(text)
}));
/** The JSON body of `POST /hooks/{app}`. Neither `image` nor `rollback` means redeploy. Unknown fields are dropped. */
const HookBody = pipe(notList, object({
	image: optional(pipe(string(), minLength(1), maxLength(1024))),
	rollback: optional(pipe(string(), minLength(1), maxLength(256))),
	/** With `rollback`: run it with the settings of the config, not with those that it had then. */
	current_settings: optional(boolean()),
	/** With `rollback`, over the local socket alone: run it with all that it had then, rights, limits and secrets too. */
	release_settings: optional(boolean()),
	id: optional(pipe(string(), minLength(1), maxLength(256))),
	source: optional(Source),
	/** Everything is checked as for a real hook, and nothing is started or used up. */
	test: optional(boolean()),
	/** A preview of the app, by its name or its branch's: this is for it, not for the app itself. */
	preview: optional(pipe(string(), minLength(1), maxLength(255))),
	/** With `preview`: it is taken away. */
	remove: optional(boolean()),
	/**
	* With `preview`: when the push or pull request happened that it is for. What was removed since does not come back by it, however
	* long its run waited.
	*/
	asked_at: optional(pipe(string(), maxLength(40), isoTimestamp())),
	/** Sigstore bundles of the image. */
	attestations: optional(pipe(array(unknown()), maxLength(MAX_ATTESTATIONS)))
}), check((body) => body.image === void 0 || body.rollback === void 0, "image and rollback exclude each other: send one of them"), check((body) => body.remove !== true || body.preview !== void 0, "remove takes a preview away: name it under preview"), check(({ preview, image, remove }) => preview === void 0 || image === void 0 === (remove === true), "a preview goes with image, or with remove: true"), check(({ preview, rollback }) => preview === void 0 || rollback === void 0, "a preview is not rolled back: send an image"), check((body) => body.current_settings !== true || body.release_settings !== true, "current_settings and release_settings exclude each other: send one of them"));

// protocol/deployment.ts
/**
* The name of a step: `resolve`, `pull`, `swap`, … An open string: another engine or a newer receiver has steps of its own,
* and every reader shows those that it does not know.
*/
const StepName = string();
const FINAL_STATUSES = [
	"succeeded",
	"failed",
	"superseded"
];
const DeploymentError = object({
	/** Stable word for programs: `unhealthy`, `pull_failed`, `rolled_back`, … */
	code: string(),
	/** What failed, which thing, with its value. */
	message: string(),
	/** What to do about it. */
	hint: optional(string()),
	/** Last lines of the container's output. */
	log: optional(array(string()))
});
const Step = object({
	name: StepName,
	status: picklist([
		"running",
		"succeeded",
		"failed"
	]),
	started_at: string(),
	/** Duration in milliseconds, once it ended. */
	ms: optional(number())
});
/** One attempt to put a digest live, as every answer shows it. Times are ISO 8601 in UTC. */
const Deployment = object({
	id: string(),
	app: string(),
	action: picklist([
		"deploy",
		"redeploy",
		"rollback"
	]),
	status: picklist([
		"queued",
		"running",
		...FINAL_STATUSES
	]),
	image: object({
		repository: string(),
		tag: optional(string()),
		/** `sha256:` and 64 hex digits; absent until the tag is resolved. */
		digest: optional(string())
	}),
	previous: optional(object({
		deployment: string(),
		digest: string()
	})),
	/** Of a rollback: the deployment whose settings it runs with; absent for those of the config. */
	settings_of: optional(string()),
	/** Of a rollback: whether all of those come back, rights, limits and secrets too. */
	release_settings: optional(boolean()),
	/** Of a redeploy: it is what was live, once more, with nothing new. */
	restart: optional(boolean()),
	/** Of a deploy that a registry only hinted at, when it did not say the digest: one that is on hold is not run. */
	hint: optional(boolean()),
	/** What visitors come to the app by, once that was found out. */
	url: optional(string()),
	/** Of a preview: why its visitors came to it without TLS when it was made, and when that changes, in words for people. */
	no_https: optional(string()),
	source: Source,
	/** Of the request that it came of: the one that was answered with it, and that stands in the receiver's log. */
	request_id: optional(string()),
	created_at: string(),
	started_at: optional(string()),
	finished_at: optional(string()),
	live_at: optional(string()),
	steps: array(Step),
	error: optional(DeploymentError)
});
/** The body of a 202. */
const Accepted = object({
	deployment: Deployment,
	follow: object({
		url: string(),
		token: string()
	})
});
/** What happened, in order. On the wire each is one server-sent event: `event:` is the type, `data:` the whole object. */
const DeploymentEvent = variant("type", [
	object({
		type: literal("started"),
		at: string()
	}),
	object({
		type: literal("image"),
		at: string(),
		digest: string(),
		previous: optional(object({
			deployment: string(),
			digest: string()
		}))
	}),
	object({
		type: literal("step"),
		at: string(),
		step: StepName,
		status: picklist([
			"running",
			"succeeded",
			"failed"
		]),
		ms: optional(number()),
		/** One line for people: what the step did, with figures. */
		message: optional(string()),
		/** Why the deployment fails, on the step that failed it. */
		error: optional(DeploymentError)
	}),
	object({
		type: literal("progress"),
		at: string(),
		step: StepName,
		message: string(),
		/** Bytes done and bytes in all, of a pull. */
		current: optional(number()),
		total: optional(number()),
		/** What visitors come to the app by, as found out. */
		url: optional(string()),
		/** Why they come to it without TLS for now. */
		no_https: optional(string())
	}),
	object({
		type: literal("live"),
		at: string()
	}),
	object({
		type: literal("finished"),
		at: string(),
		status: picklist(FINAL_STATUSES),
		error: optional(DeploymentError)
	})
]);
/** Longer than any event: the last lines of a container's output stand in one. A reader gives up on a longer one. */
const MAX_EVENT_CHARACTERS = 4194304;
const Unknown = object({
	type: string(),
	step: optional(fallback(optional(string()), void 0)),
	message: optional(fallback(optional(string()), void 0))
});
/** An event as its readers take it: one that a newer receiver sends is shown, not refused. `undefined` when it is none at all. */
function readEvent(json) {
	const known = safeParse(DeploymentEvent, json);
	if (known.success) return known.output;
	const unknown = safeParse(Unknown, json);
	if (!unknown.success) return void 0;
	const { type: kind, step, message } = unknown.output;
	return {
		type: "unknown",
		kind,
		...step === void 0 ? {} : { step },
		...message === void 0 ? {} : { message }
	};
}
const isFinal = (status) => status === "succeeded" || status === "failed" || status === "superseded";

// protocol/duration.ts
const UNITS_MS = {
	ns: 1e-6,
	us: .001,
	µs: .001,
	ms: 1,
	s: 1e3,
	m: 6e4,
	h: 36e5
};
/** Longest time that a timer can wait, almost 25 days: a longer one would end at once. */
const MAX_DURATION_MS = 2 ** 31 - 1;
/**
* Milliseconds, also parts of one, of a duration as Docker and Compose write it: `10s`, `1m30s`, `500ms`, `1.5h`, or `0`;
* `undefined` for anything else.
*/
function parseDuration(text) {
	if (text === "0") return 0;
	if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return void 0;
	let sum = 0;
	for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) sum += Number(amount) * UNITS_MS[unit];
	return sum;
}
/** A span for people: `812 ms`, `4.1 s`, `2 min 5 s`. */
function showDuration(ms) {
	if (ms < 1e3) return `${Math.round(ms)} ms`;
	if (ms < 59950) return `${(ms / 1e3).toFixed(1)} s`;
	const seconds = Math.round(ms / 1e3);
	const rest = seconds % 60;
	return rest === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

// protocol/problem.ts
/** Body of an error answer. */
const Problem = object({
	type: string(),
	title: string(),
	status: number(),
	code: string(),
	/** Names the thing and its value. */
	detail: string(),
	/** Says what to do. */
	hint: optional(string()),
	/** Of `preview_removed`: the run of a workflow that removed it, if one did. It is newer, and says itself what is true. */
	newer_run: optional(number())
});

// action/rejection.ts
const redirected = () => "Write the address it redirects to as url: a signed hook and its token follow no redirect.";
/** So many characters of an answer are shown. */
const MAX_SHOWN = 2e3;
/** What to do when the receiver's own words hold no hint. */
const HINTS = {
	301: redirected,
	302: redirected,
	303: redirected,
	307: redirected,
	308: redirected,
	401: (app) => `The receiver's log says precisely why. Usual reasons: the app ${app} is not in its config; its auth does not name this repository (repository_id) or this key; its url is not the one that this hook is posted to; the clocks differ by minutes.`,
	403: (app) => `The signature is right, but the config of ${app} does not allow this: compare its image: and the claims under auth.oidc with this run.`,
	404: () => "Compare the app in url with the names under apps: in the receiver’s config.",
	405: () => "Check that url ends in /hooks/ and the app, and that no proxy in between answers instead.",
	409: () => "Look at the app’s history with \"deploy-receiver history\".",
	413: () => "Something in between limits bodies (client_max_body_size in Nginx): a hook has at most 64 KiB.",
	415: () => "A proxy in between changes the Content-Type: let application/json through.",
	422: () => "Run the job again: a new attempt has a new id. Two jobs of one matrix that deploy different images to one app have the same id: give each one by the input id."
};
/** The error of an answer that took the hook not, with the receiver's own words (RFC 9457) where it has some. */
const rejected = (answer) => {
	const problem = readProblem(answer.text);
	const words = problem?.detail ?? problem?.title ?? firstLine$1(answer.text);
	const said = words === "" ? "" : `: ${words.slice(0, MAX_SHOWN)}`;
	const message = `${answer.url} answered ${answer.status}${said}`;
	const hint = problem?.hint?.slice(0, MAX_SHOWN) ?? HINTS[answer.status]?.(answer.app);
	return new ActionError("rejected", message, {
		...hint !== void 0 && { hint },
		...problem?.code !== void 0 && { problem: problem.code },
		...problem?.newer_run !== void 0 && { newerRun: problem.newer_run }
	});
};
const ProblemWords = partial(pick(Problem, [
	"title",
	"code",
	"detail",
	"hint",
	"newer_run"
]));
function readProblem(text) {
	try {
		const parsed = safeParse(ProblemWords, JSON.parse(text));
		return parsed.success ? parsed.output : void 0;
	} catch {
		return;
	}
}
/** A proxy's error page says most in its title. */
const firstLine$1 = (text) => (/<title>([^<]*)<\/title>/i.exec(text)?.[1] ?? text.trim().split("\n")[0] ?? "").trim().slice(0, 200);

// action/follow.ts
const RECONNECT_MS = 500;
const MAX_RECONNECT_MS = 1e4;
const ANSWER_TIMEOUT_MS = 15e3;
/** A connection over which nothing came for so long, not even a comment, is taken for dead. */
const SILENCE_MS = 45e3;
/** An established connection ended amid an answer. */
const CUT_CODES = /* @__PURE__ */ new Set([
	"ECONNRESET",
	"ERR_STREAM_PREMATURE_CLOSE",
	"EPIPE"
]);
/** Answer 204: every event was read. */
const NOTHING_LEFT = "every event was read";
/** Reads of the final deployment before its events alone have to do. */
const FINAL_READS = 3;
/**
* Follows a deployment to its end over server-sent events, taking up where it was after each cut, and returns it as it
* ended. Leaving early, by timeout or cancellation, leaves the deployment alone.
* @throws ActionError `still_running` at the timeout, `cancelled`, `rejected`, `bad_answer`.
*/
const follow = async (following) => {
	const { accepted, timeoutMs, signal } = following;
	const deadline = AbortSignal.timeout(timeoutMs);
	const ended = AbortSignal.any([signal, deadline]);
	try {
		return await readFinal(following, await followEvents(following, ended), ended);
	} catch (error) {
		if (error instanceof ActionError) throw error;
		if (signal.aborted) throw leftAlone("cancelled", `cancelled while following`, accepted, error);
		if (deadline.aborted) throw leftAlone("still_running", `still running after ${showDuration(timeoutMs)}`, accepted, error);
		throw error;
	}
};
/** The last event; undefined when the receiver says that there is none to come. */
async function followEvents(following, ended) {
	const { url, token } = following.accepted.follow;
	const firstPauseMs = following.reconnectMs ?? RECONNECT_MS;
	let lastEventId = "";
	let pauseMs = firstPauseMs;
	let finished;
	for (;;) {
		const cut = await readStream({
			url,
			headers: {
				accept: "text/event-stream",
				authorization: `Bearer ${token}`,
				...lastEventId !== "" && { "last-event-id": lastEventId }
			},
			ended,
			onMessage: (data, id) => {
				const event = parseEvent(data);
				lastEventId = id ?? lastEventId;
				pauseMs = firstPauseMs;
				if (event === void 0) return "more";
				following.onEvent(event);
				if (event.type !== "finished") return "more";
				finished = event;
				return "last";
			}
		});
		if (finished !== void 0 || cut === NOTHING_LEFT) return finished;
		ended.throwIfAborted();
		say(`${cut}; following again in ${showDuration(pauseMs)}`);
		await setTimeout$1(pauseMs, void 0, { signal: ended });
		pauseMs = Math.min(pauseMs * 2, MAX_RECONNECT_MS);
	}
}
/** Reads one connection until it ends, and says in words how it did. An answer that will stay the same is thrown. */
async function readStream({ url, headers, ended, onMessage }) {
	const silence = new AbortController();
	const timer = setTimeout(() => silence.abort(), SILENCE_MS);
	try {
		const answer = await send(url, {
			method: "GET",
			headers,
			answerTimeoutMs: ANSWER_TIMEOUT_MS,
			signal: AbortSignal.any([ended, silence.signal])
		});
		if (answer.status !== 200) return await notAStream(answer, url);
		let next = "more";
		let isTooLong = false;
		const parser = createParser({
			maxBufferSize: MAX_EVENT_CHARACTERS,
			onError: ({ type }) => isTooLong ||= type === "max-buffer-size-exceeded",
			onEvent: ({ data, id }) => {
				if (next === "more") next = onMessage(data, id);
			}
		});
		const decoder = new TextDecoder();
		for await (const chunk of answer.body) {
			timer.refresh();
			parser.feed(decoder.decode(chunk, { stream: true }));
			if (isTooLong) throw tooLong(url);
			if (next === "last") break;
		}
		return "the connection to the receiver ended";
	} catch (error) {
		if (error instanceof ActionError) throw error;
		if (silence.signal.aborted) return `the receiver said nothing for ${showDuration(SILENCE_MS)}`;
		return CUT_CODES.has(error.code ?? "") ? "the connection to the receiver was cut" : explainNetworkError(error, url).why;
	} finally {
		clearTimeout(timer);
	}
}
const tooLong = (url) => new ActionError("bad_answer", `${url} sent an event of more than ${MAX_EVENT_CHARACTERS} characters`, { hint: "Check that url is the hook of a deploy-receiver: its events are far shorter." });
async function notAStream(answer, url) {
	const text = await readText(answer);
	if (answer.status === 204) return NOTHING_LEFT;
	if (answer.status === 429 || answer.status >= 500) return `the receiver answered ${answer.status}`;
	throw rejected({
		status: answer.status,
		text,
		url,
		app: ""
	});
}
function parseEvent(data) {
	try {
		return readEvent(JSON.parse(data));
	} catch {
		return;
	}
}
/** The deployment as the receiver shows it in the end; where that cannot be read any more, as its events told it. */
async function readFinal({ accepted, reconnectMs = RECONNECT_MS }, finished, ended) {
	for (let read = 0; read < FINAL_READS; read++) {
		if (read > 0) await setTimeout$1(reconnectMs * 2 ** read, void 0, { signal: ended });
		const deployment = await readDeployment(accepted.follow, ended);
		if (deployment !== void 0 && isFinal(deployment.status)) return deployment;
		ended.throwIfAborted();
	}
	if (finished === void 0) throw new ActionError("lost", `the end of deployment ${accepted.deployment.id} cannot be read from ${accepted.follow.url}`, { hint: "Look at it on the receiver with \"deploy-receiver history\"." });
	const { status, at, error } = finished;
	return {
		...accepted.deployment,
		status,
		finished_at: at,
		...error && { error }
	};
}
/** The deployment as it is now; undefined when it cannot be read. */
const readDeployment = async (where, signal) => askDeployment(where, signal).catch(() => void 0);
/**
* The deployment as it is now.
* @throws ActionError `unreachable`, `rejected`, `bad_answer`
*/
const askDeployment = async ({ url, token }, signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)) => {
	const at = url.replace(/\/events$/, "");
	const { status, text } = await send(at, {
		method: "GET",
		headers: {
			accept: "application/json",
			authorization: `Bearer ${token}`
		},
		answerTimeoutMs: ANSWER_TIMEOUT_MS,
		signal
	}).then(async (answer) => ({
		status: answer.status,
		text: await readText(answer)
	})).catch((cause) => {
		const { why, hint } = explainNetworkError(cause, url);
		throw new ActionError("unreachable", why, {
			hint,
			cause
		});
	});
	if (status !== 200) throw rejected({
		status,
		text,
		url: at,
		app: ""
	});
	const deployment = parseDeployment(text);
	if (deployment !== void 0) return deployment;
	throw new ActionError("bad_answer", `${at} answered with no deployment`);
};
function parseDeployment(text) {
	try {
		return parse(Deployment, JSON.parse(text));
	} catch {
		return;
	}
}
function leftAlone(code, words, { deployment }, cause) {
	return new ActionError(code, `deployment ${deployment.id} of ${deployment.app}: ${words}`, {
		hint: code === "cancelled" ? "The deployment goes on by itself." : "The deployment goes on by itself. Give the job longer with timeout, or do not follow it with wait: false.",
		cause
	});
}

// action/standing.ts
/** What stands at each: what was told of it, or why that is not known. */
const standingOf = (part) => {
	const { name, target, result, back } = part;
	const { url, app } = target;
	const deployment = result?.deployment;
	const previousDigest = deployment?.previous?.digest;
	const why = whyOf(part);
	return {
		name,
		url,
		app,
		...runningAt(part),
		...previousDigest !== void 0 && { previousDigest },
		...deployment !== void 0 && { deployment: deployment.id },
		...back?.result?.deployment !== void 0 && { rollback: back.result.deployment.id },
		...why !== void 0 && { why }
	};
};
function runningAt({ result, error, unasked, back }) {
	if (back?.result?.status === "succeeded") return {
		state: "rolled_back",
		...digestOf(back.result)
	};
	if (unasked !== void 0) return { state: "unknown" };
	if (back?.result !== void 0 && !isFinal(orRunning(back.result.status))) return { state: "under_way" };
	if (result === void 0) return { state: withoutHook(error) };
	const { status, deployment } = result;
	const previous = deployment?.previous && { digest: deployment.previous.digest };
	switch (status) {
		case "succeeded": return {
			state: "live",
			...digestOf(result)
		};
		case "failed": return {
			state: "failed",
			...previous,
			...deployment?.image.digest !== void 0 && previous === void 0 && { isEmpty: true }
		};
		case "queued":
		case "running": return {
			state: "under_way",
			...deployment?.live_at === void 0 ? previous : digestOf(result)
		};
		case "superseded": return { state: "superseded" };
		case "accepted": return { state: "taken" };
	}
}
/** A hook that nobody is known to have taken: one that was refused changed nothing, another may have arrived. */
function withoutHook(error) {
	if (error === void 0) return "not_begun";
	return error instanceof ActionError && [
		"rejected",
		"no_id_token",
		"bad_input"
	].includes(error.code) ? "failed" : "unknown";
}
const orRunning = (status) => status === "accepted" ? "running" : status;
function digestOf({ deployment }) {
	const { digest, tag } = deployment?.image ?? {};
	return {
		...digest !== void 0 && { digest },
		...tag !== void 0 && { tag }
	};
}
function whyOf({ result, error, unasked, back, stays }) {
	if (unasked !== void 0) return `${firstLine(unasked)}; last seen ${back?.result?.status ?? result?.status ?? ""}`;
	if (back?.error !== void 0) return `not rolled back: ${firstLine(back.error)}`;
	const failed = result?.deployment?.error?.message;
	if (failed !== void 0) return failed;
	if (stays !== void 0) return stays;
	if (back?.result !== void 0 || error === void 0) return void 0;
	return firstLine(error);
}
const firstLine = (error) => describeError(error).split("\n")[0] ?? "";
const WORDS = {
	live: "live",
	rolled_back: "rolled back",
	failed: "failed",
	not_begun: "not begun",
	under_way: "under way",
	superseded: "superseded",
	taken: "taken",
	unknown: "not known"
};
/** `live on 2, failed on 1`, in this order. */
const countsOf = (all) => Object.keys(WORDS).map((state) => ({
	state,
	count: all.filter((each) => each.state === state).length
})).filter(({ count }) => count > 0).map(({ state, count }) => `${WORDS[state]} on ${count}`).join(", ");
/** The same for people. */
const wordsOf = (standing) => ({
	became: WORDS[standing.state],
	runs: runsAt(standing),
	why: standing.why ?? ""
});
function runsAt({ state, digest, tag, isEmpty }) {
	if (isEmpty) return "nothing";
	if (digest === void 0) return RUNS_WITHOUT_DIGEST[state];
	return `${state === "failed" ? "still " : ""}${tag === void 0 ? "" : `${tag} `}${shortDigest(digest)}`;
}
const RUNS_WITHOUT_DIGEST = {
	live: "it",
	rolled_back: "what it had",
	failed: "what it had",
	not_begun: "what it had",
	under_way: "not known",
	superseded: "a newer one",
	taken: "not known",
	unknown: "not known"
};
/** Whether all of them run one digest; undefined where that is not known of each. */
const oneDigest = (all) => {
	const known = new Set(all.map(({ digest }) => digest));
	const [digest] = known;
	if (known.size === 1) return digest;
	return known.has(void 0) && known.size === 2 ? void 0 : false;
};

// action/outcome.ts
/** What GitHub's pages say of a run that had no error. */
const endedWell = (results) => {
	const open = results.find(({ status }) => status === "queued" || status === "running");
	if (open !== void 0) return {
		state: "in_progress",
		description: `${open.app} is ${open.status}: not followed`
	};
	const superseded = results.find(({ status }) => status === "superseded");
	if (superseded !== void 0) return {
		state: "inactive",
		description: `a newer deployment of ${superseded.app} took its place`
	};
	const image = results.at(-1)?.deployment?.image;
	return {
		state: "success",
		description: image === void 0 ? "the hook was taken" : `live: ${image.repository.split("/").at(-1) ?? ""}${image.tag === void 0 ? "" : `:${image.tag}`} ${image.digest?.slice(0, 19) ?? ""}`
	};
};
/**
* What GitHub's pages say of a run that ended in an error. One that was cancelled or timed out while its only deployment went on
* asks the receiver once more: what is true then is shown. Of several receivers it says how many are where.
*/
const endedAs = async (parts, error) => {
	const [reason = "it failed"] = describeError(error).split("\n");
	const [{ result }, ...others] = parts.length === 0 ? [{ result: void 0 }] : parts;
	if (others.length > 0) {
		const isCancelled = error instanceof ActionError && error.code === "cancelled";
		const counts = countsOf(parts.map(standingOf));
		return isCancelled ? {
			state: "error",
			description: `cancelled: ${counts}`
		} : {
			state: "failure",
			description: `${counts}: ${reason}`
		};
	}
	const { app = "it", deployment, status, follow } = result ?? {};
	if (status === void 0 || status === "failed") return {
		state: "failure",
		description: reason
	};
	const now = follow === void 0 ? void 0 : await readDeployment(follow);
	switch (now?.status ?? deployment?.status) {
		case "succeeded": return {
			state: "success",
			description: `${app} is live; ${reason}`
		};
		case "failed": return {
			state: "failure",
			description: now?.error?.message ?? reason
		};
		case "superseded": return {
			state: "inactive",
			description: `a newer deployment of ${app} took its place`
		};
		case void 0:
		case "queued":
		case "running": return {
			state: "error",
			description: `no longer followed, and goes on: ${reason}`
		};
	}
};
/** What the workflow says, else where the receiver says that users reach the app. */
const environmentUrl = (results, given) => given === "" ? results.findLast(({ deployment }) => deployment?.url)?.deployment?.url : given;

// action/part.ts
const partsOf = (targets) => {
	const hosts = targets.map(({ url }) => new URL(url).host);
	const isOfOne = new Set(hosts).size === hosts.length;
	return targets.map((target, index) => ({
		target,
		name: isOfOne ? hosts[index] ?? "" : target.url.replace(/^https?:\/\//, "")
	}));
};
/** What took its hook. */
const resultsOf = (parts) => parts.flatMap(({ result }) => result ?? []);

// action/summary.ts
/** The job summary, in the HTML that GitHub's Markdown lets through. Every value is escaped. */
const renderSummary = (results, built) => {
	const parts = results.map(renderResult);
	if (results.length === 0 && built !== void 0) {
		const { image, references } = built;
		const unpushed = references.map(code).join(" ") || "an image without a tag";
		parts.push(table([image === void 0 ? row("Built, not pushed", unpushed) : row("Pushed", code(image))]));
	}
	return `${parts.join("\n\n")}\n`;
};
/** Each of several receivers, folded below what stands where: what failed stands open. */
const renderEach = (results) => results.map((result) => {
	return `<details${result.status === "failed" ? " open" : ""}><summary>${`${MARKS$1[result.status]} ${escape(new URL(result.url).host)}: ${result.status}`}</summary>\n\n${renderResult(result)}\n\n</details>\n`;
}).join("\n");
function renderResult({ url, app, status, deployment }) {
	const image = deployment?.image;
	const took = deployment && tookMs(deployment);
	return [
		`### ${MARKS$1[status]} ${escape(app)}: ${status}`,
		table([
			row("App", escape(app)),
			...image ? [row("Image", code(image.repository + (image.tag ? `:${image.tag}` : "")))] : [],
			...image?.digest ? [row("Digest", code(image.digest))] : [],
			row("Status", status),
			...took === void 0 ? [] : [row("Duration", showDuration(took))],
			...deployment && deployment.steps.length > 0 ? [row("Steps", steps(deployment))] : [],
			...deployment?.previous ? [row("Previous digest", code(deployment.previous.digest))] : [],
			...deployment ? [row("Deployment", code(deployment.id))] : [],
			...deployment?.url === void 0 ? [] : [row("Live at", link(deployment.url))],
			row("Hook", code(url))
		]),
		...deployment?.error ? [failure(deployment.error)] : []
	].join("\n\n");
}
const MARKS$1 = {
	succeeded: "✅",
	failed: "❌",
	superseded: "⏭️",
	running: "⏳",
	queued: "⏳",
	accepted: "📨"
};
/** Milliseconds from the hook to the end of the deployment; undefined while it runs. */
const tookMs = ({ created_at, finished_at }) => finished_at === void 0 ? void 0 : Date.parse(finished_at) - Date.parse(created_at);
const steps = (deployment) => deployment.steps.map(({ name, status, ms }) => {
	const mark = status === "failed" ? " ✗" : status === "running" ? " …" : "";
	return `${escape(name)}${ms === void 0 ? "" : ` ${showDuration(ms)}`}${mark}`;
}).join(" · ");
function failure(error) {
	const said = [`<p><b>${escape(error.message)}</b> (${code(error.code)})</p>`];
	if (error.hint !== void 0) said.push(`<p>${escape(error.hint)}</p>`);
	if (error.log !== void 0 && error.log.length > 0) {
		const log = error.log.join("\n").slice(-6e4);
		said.push(`<details><summary>Last ${error.log.length} lines of the container</summary>`, `<pre>\n${escapeText(log)}\n</pre>`, "</details>");
	}
	return said.join("\n\n");
}
const table = (rows) => `<table>\n${rows.join("\n")}\n</table>`;
const link = (url) => `<a href="${escape(url)}">${escape(url)}</a>`;
const row = (name, html) => `<tr><th align="left">${name}</th><td>${html}</td></tr>`;
const code = (text) => `<code>${escape(text)}</code>`;
/** On one line: a blank line would end the HTML block and let Markdown begin. */
const escape = (text) => escapeText(text).split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line !== "").join(" ");
const escapeText = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;");

// action/show-standing.ts
/** As a reason in the log and in the table, in characters. */
const MAX_WHY = 200;
/** For the log: a line for each receiver, in columns, and whether all of them run one digest. */
const standingLines = (all, release) => {
	const rows = all.map((each) => ({
		name: each.name,
		...wordsOf(each)
	}));
	const width = (of) => Math.max(...rows.map((row) => of(row).length));
	const [names, became, runs] = [
		width(({ name }) => name),
		width((row) => row.became),
		width((row) => row.runs)
	];
	return [
		`What stands where (release ${release}):`,
		...rows.map((row) => [
			` ${row.name.padEnd(names)}`,
			row.became.padEnd(became),
			row.runs.padEnd(runs),
			row.why.slice(0, MAX_WHY)
		].join("  ").trimEnd()),
		verdictOf(all)
	];
};
/** The same for the job summary, in the HTML that GitHub's Markdown lets through. */
const renderStanding = (all, release) => {
	const [{ app } = { app: "" }] = all;
	const isGood = all.every(({ state }) => state === "live" || state === "taken");
	const rows = all.map((each) => {
		const { became, why } = wordsOf(each);
		return `<tr>${[
			escape(each.name),
			`${MARKS[each.state]} ${became}`,
			runsIn(each),
			escape(why.slice(0, MAX_WHY))
		].map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
	});
	return [
		`### ${isGood ? "✅" : "❌"} ${escape(app)}: ${countsOf(all)}`,
		[
			"<table>",
			"<tr><th align=\"left\">Receiver</th><th align=\"left\">Became</th><th align=\"left\">Runs</th><th align=\"left\"></th></tr>",
			...rows,
			"</table>"
		].join("\n"),
		`${escape(verdictOf(all))} Release ${code(release)}.`
	].join("\n\n");
};
/** What the output `receivers` says of each. */
const forPrograms = ({ url, app, state, digest, previousDigest, deployment, rollback, why }) => ({
	url,
	app,
	state,
	digest,
	previous_digest: previousDigest,
	deployment,
	rollback,
	error: why
});
function runsIn(standing) {
	const { runs } = wordsOf(standing);
	const [, still = "", what = ""] = /^(still )?(.*)$/.exec(runs) ?? [];
	return standing.digest === void 0 ? escape(runs) : `${still}${code(what)}`;
}
function verdictOf(all) {
	const digest = oneDigest(all);
	if (digest === false) return "They do not all run one digest.";
	return digest === void 0 ? "Whether all of them run one digest is not known." : `All of them run ${digest}.`;
}
const MARKS = {
	live: "✅",
	rolled_back: "↩️",
	failed: "❌",
	not_begun: "⏹️",
	under_way: "⏳",
	superseded: "⏭️",
	taken: "📨",
	unknown: "❓"
};

// action/report.ts
/** A container's log in an annotation, in characters: GitHub cuts longer ones. */
const MAX_ANNOTATION_CHARACTERS = 4e3;
/**
* Outputs of docker/metadata-action, set before the build, and the same as variables: `build-args: DOCKER_METADATA_OUTPUT_VERSION` takes one
* into the build.
*/
const reportMetadata = (metadata, references, separators) => {
	const { tags, ...outputs } = outputsOf(metadata, references, separators);
	for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
	const { GITHUB_ENV: file = "", DOCKER_METADATA_SET_OUTPUT_ENV: isWanted = "" } = process.env;
	if (file === "" || /^(?:0|f|false)$/i.test(isWanted)) return;
	for (const [name, value] of Object.entries({
		...outputs,
		tags
	})) exportVariable(`DOCKER_METADATA_OUTPUT_${name.replace("-", "_").toUpperCase()}`, value);
};
/** Outputs of the build, set as soon as they are true. */
const reportBuild = (built, separators) => {
	if (built.image !== void 0) setOutput("image", built.image);
	if (built.digest !== void 0) setOutput("digest", built.digest);
	setOutput("tags", built.references.join(separators.tags));
	if (built.imageId !== void 0) setOutput("imageid", built.imageId);
	if (built.metadata !== void 0) setOutput("metadata", built.metadata);
};
/**
* Outputs and job summary of all that happened, also when it ended badly.
* @param several of several receivers; `isOver`: what stands where is known now
*/
const reportEnd = async (parts, built, givenUrl, several) => {
	const results = resultsOf(parts);
	setDeploymentOutputs(parts, built);
	const url = environmentUrl(results, givenUrl);
	if (url !== void 0) setOutput("environment-url", url);
	if (several === void 0) {
		if (results.length > 0 || built !== void 0) await writeSummary(renderSummary(results, built));
		return;
	}
	setOutput("release", several.release);
	if (several.isOver) await reportStanding(parts, several.release);
};
/** What stands where: log, summary and output. */
const reportStanding = async (parts, release) => {
	const standing = parts.map(standingOf);
	say("");
	for (const line of standingLines(standing, release)) say(line);
	setOutput("receivers", JSON.stringify(standing.map(forPrograms)));
	await writeSummary(`${renderStanding(standing, release)}\n\n${renderEach(resultsOf(parts))}`);
};
async function writeSummary(text) {
	if (!process.env["GITHUB_STEP_SUMMARY"]) return;
	try {
		await summary.addRaw(text).write();
	} catch (error) {
		warn(`the summary cannot be written: ${String(error)}`);
	}
}
/**
* Says why a deployment failed: log and annotation.
* @param at tells the receiver apart from others, if there are several
* @returns the error that ends the job.
*/
const reportFailure = (deployment, at = "") => {
	const { app, id, error: error$1 } = deployment;
	const reason = error$1?.message ?? "the receiver gave no reason";
	const log = error$1?.log ?? [];
	if (log.length > 0) sayFolded(`Last ${log.length} lines of the container`, log);
	const words = [
		reason,
		...error$1?.hint === void 0 ? [] : [error$1.hint],
		...log.length > 0 ? ["", ...tail(log)] : []
	];
	const title = `${app} was not deployed${at === "" ? "" : ` on ${at}`}: ${error$1?.code ?? "failed"}`;
	error(words.flatMap(plainLines).join("\n"), { title });
	const hint = error$1?.hint;
	return new ActionError("deployment_failed", `deployment ${id} of ${app} failed: ${reason}`, { ...hint !== void 0 && { hint } });
};
/** With several receivers: one line each in their order, an empty one too, the first bad status of all, and the times together. */
function setDeploymentOutputs(parts, built) {
	const results = resultsOf(parts);
	if (parts.every(({ result, error }) => result === void 0 && error === void 0)) return;
	if (results.length === 0 && parts.length === 1) return;
	const deployments = results.flatMap(({ deployment }) => deployment ?? []);
	const lines = (valueOf) => parts.map(({ result }) => (result?.deployment && valueOf(result.deployment)) ?? "").join("\n");
	const statuses = parts.flatMap(({ result, error }) => result?.status ?? (error === void 0 ? [] : "failed"));
	setOutput("status", statuses.find((status) => status !== "succeeded") ?? "succeeded");
	setOutput("deployment-id", lines(({ id }) => id));
	setOutput("previous-digest", lines(({ previous }) => previous?.digest));
	const times = deployments.flatMap((deployment) => tookMs(deployment) ?? []);
	if (times.length > 0) setOutput("duration-ms", times.reduce((sum, ms) => sum + ms, 0));
	const image = deployments.at(-1)?.image;
	if (built === void 0 && image?.digest !== void 0) {
		const { repository, tag, digest } = image;
		setOutput("image", formatImage({
			repository,
			digest,
			...tag !== void 0 && { tag }
		}));
		setOutput("digest", digest);
	}
}
function tail(log) {
	const kept = [];
	let length = 0;
	for (const line of log.toReversed()) {
		length += line.length + 1;
		if (length > MAX_ANNOTATION_CHARACTERS) break;
		kept.unshift(line);
	}
	return kept;
}

// action/ask-again.ts
/** Asks a receiver once more for what could not be followed to its end: that may have come since. */
async function askAgain(part) {
	const { result, back } = part;
	delete part.unasked;
	try {
		if (result !== void 0) part.result = await asked(result);
		if (back?.result !== void 0) part.back = {
			...back,
			result: await asked(back.result)
		};
	} catch (error) {
		part.unasked = error;
	}
}
/** @throws ActionError as `askDeployment` */
async function asked(result) {
	const { status, follow } = result;
	if (follow === void 0 || status === "accepted" || isFinal(status)) return result;
	const deployment = await askDeployment(follow);
	return {
		...result,
		status: deployment.status,
		deployment
	};
}

// action/several-state.ts
/** Key of what the post step needs; that of each receiver has its number behind it. */
const STATE = "release";
/**
* Keeps what is known of each receiver for the post step, which says what stands where when this one could not.
* @returns what is called when more is known of one
*/
const keepForPost = (parts, release) => {
	saveState(STATE, JSON.stringify({
		release,
		parts: parts.map(({ name, target: { url, app } }) => ({
			name,
			url,
			app
		}))
	}));
	const last = /* @__PURE__ */ new Map();
	return (part) => {
		const kept = JSON.stringify({
			...keptOf(part.result),
			...part.back !== void 0 && { back: keptOf(part.back.result) },
			...isKnown(part.error) && { error: {
				code: part.error.code,
				message: part.error.message
			} }
		});
		if (last.get(part) === kept) return;
		last.set(part, kept);
		saveState(`${STATE}-${parts.indexOf(part)}`, kept);
	};
};
/** What ended because the job did says nothing of the receiver. */
const isKnown = (error) => error instanceof ActionError && error.code !== "cancelled";
/** It was all said. */
const nothingForPost = () => saveState(STATE, "");
/** Without what is long: the post step asks for it. */
const keptOf = (result) => {
	if (result === void 0) return {};
	const { status, deployment, follow } = result;
	if (deployment === void 0) return { status };
	const { error: _, steps: __, source: ___, ...rest } = deployment;
	return {
		status,
		deployment: {
			...rest,
			source: {},
			steps: []
		},
		follow
	};
};
const KeptResult = object({
	status: optional(picklist([...Deployment.entries.status.options, "accepted"])),
	deployment: optional(Deployment),
	follow: optional(Accepted.entries.follow)
});
const Kept = object({
	...KeptResult.entries,
	error: optional(object({
		code: picklist(ACTION_ERROR_CODES),
		message: string()
	})),
	back: optional(KeptResult)
});
const KeptRelease = object({
	release: string(),
	parts: array(object({
		name: string(),
		url: string(),
		app: string()
	}))
});
/** Asks each receiver that took a hook what became of it, and says what stands where. It changes nothing. */
const reportLeft = async () => {
	const { release, parts: named } = parse(KeptRelease, JSON.parse(getState(STATE)));
	const parts = named.map(({ name, url, app }, index) => known({
		name,
		target: {
			url,
			app
		}
	}, getState(`${STATE}-${index}`)));
	await Promise.all(parts.map(askAgain));
	say("the job ended before all of it was done: nothing is rolled back, and what was taken goes on");
	await reportStanding(parts, release);
};
/** As it was known last. */
function known(part, text) {
	if (text === "") return part;
	const { error, back, ...kept } = parse(Kept, JSON.parse(text));
	const result = resultOf(kept, part);
	const backResult = back && resultOf(back, part);
	return {
		...part,
		...result && { result },
		...result === void 0 && { error: error ? new ActionError(error.code, error.message) : unsure(part) },
		...backResult && { back: { result: backResult } }
	};
}
function resultOf({ status, deployment, follow }, { target: { url, app } }) {
	if (status === void 0) return void 0;
	hide(follow?.token);
	return {
		url,
		app,
		status,
		...deployment && { deployment },
		...follow && { follow }
	};
}
const unsure = ({ target: { url } }) => new ActionError("cancelled", `whether ${url} took the hook is not known`);

export { explainNetworkError as A, tupleWithRest as B, MAX_DURATION_MS as C, Deployment as D, Accepted as E, optional as F, unknown as H, parseJson as I, pipe as L, is as M, number as N, readText as O, object as P, safeParse as R, rejected as S, showDuration as T, union as V, endedWell as _, reportBuild as a, standingOf as b, reportMetadata as c, link as d, row as f, endedAs as g, resultsOf as h, askAgain as i, isPassing as j, send as k, code as l, partsOf as m, nothingForPost as n, reportEnd as o, table as p, reportLeft as r, reportFailure as s, keepForPost as t, escape as u, environmentUrl as v, parseDuration as w, follow as x, countsOf as y, string as z };