/**
 * The beginning of what somebody else wrote, on one line, without anything that a terminal would act on. It ends in `…` when
 * there was more.
 */
export const printable = (bytes: Uint8Array, mostBytes: number): string => {
  const shown = Buffer.from(bytes.subarray(0, mostBytes))
    .toString('utf8')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '\uFFFD')
    .trim()
  return bytes.byteLength > mostBytes ? `${shown}…` : shown
}
