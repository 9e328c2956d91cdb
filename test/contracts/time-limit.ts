/** For each test and hook of a contract: no machine is so slow, and no verdict hangs on it. */
export const TIME_LIMIT_MS = 300_000
