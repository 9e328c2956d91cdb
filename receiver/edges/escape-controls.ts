/** A log line may hold terminal escapes; whoever reads it later prints it. */
export const escapeControls = (line: string): string =>
  line.replace(
    /[^\P{Cc}\t\n]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
