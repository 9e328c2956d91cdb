// protocol/read-body.ts
/** Of an answer that is refused for its length; it was read no further. */
var BodyTooLong = class extends Error {
	constructor(maxBytes) {
		super(`the answer is longer than ${maxBytes} bytes`);
		this.name = "BodyTooLong";
	}
};
/**
* Reads a body whole. Bytes are counted as they come, after any decompression, and past `maxBytes` the stream is ended, which closes
* its connection: whoever sends without end costs so much memory and no more. Throws `BodyTooLong`.
*/
async function readWhole(body, maxBytes) {
	const { bytes, isWhole } = await readUpTo(body, maxBytes);
	if (!isWhole) throw new BodyTooLong(maxBytes);
	return bytes;
}
/** As `readWhole`, as UTF-8. */
const readText = async (body, maxBytes) => new TextDecoder().decode(await readWhole(body, maxBytes));
/** The beginning of a body, as UTF-8, for people: the rest is not read. */
async function readBeginning(body, maxBytes) {
	const { bytes } = await readUpTo(body, maxBytes);
	return new TextDecoder().decode(bytes, { stream: true });
}
async function readUpTo(body, maxBytes) {
	const chunks = [];
	let size = 0;
	for await (const chunk of body ?? []) {
		const room = maxBytes - size;
		chunks.push(chunk.subarray(0, room));
		size += Math.min(chunk.byteLength, room);
		if (chunk.byteLength > room) return {
			bytes: joined(chunks, size),
			isWhole: false
		};
	}
	return {
		bytes: joined(chunks, size),
		isWhole: true
	};
}
function joined(chunks, size) {
	const bytes = new Uint8Array(size);
	let at = 0;
	for (const chunk of chunks) {
		bytes.set(chunk, at);
		at += chunk.byteLength;
	}
	return bytes;
}

export { readBeginning as n, readText as r, BodyTooLong as t };