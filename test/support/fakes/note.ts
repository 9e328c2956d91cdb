/** Keeps that a method was called, and throws what a test wants it to throw. */
export type Note = (method: string, subject: string) => void

export const unnoted: Note = () => {}
