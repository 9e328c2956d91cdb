/** The beginning of what somebody else wrote, on one line, without anything that a terminal would act on. */
export const printable = (bytes: Uint8Array, mostBytes: number): string =>
  Buffer.from(bytes.subarray(0, mostBytes))
    .toString('utf8')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '\uFFFD')
    .trim()
