/**
 * An empty object without a prototype: its keys come from users, and `__proto__` or `constructor` must be keys like any
 * other.
 */
export const emptyRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>
