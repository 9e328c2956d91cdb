declare module 'postject' {
  /** Puts data into a program, under a name by which the program finds it. */
  export function inject(
    file: string,
    name: string,
    data: Buffer,
    options: { sentinelFuse: string },
  ): Promise<void>
}
