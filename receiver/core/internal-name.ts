/**
 * The name by which other containers of the receiver meet an app, through Nginx and so at its live slot. The top-level domain is set aside
 * for private use: no name in it is anybody's on the internet.
 */
export const internalName = (app: string): string => `${app}.internal`
