/** How a deployment ended, with what it failed of. */
export const outcomeOf = ({
  status,
  error,
}: {
  status: string
  error?: { code: string; message: string } | undefined
}): string =>
  error === undefined || status === 'succeeded'
    ? status
    : `${status}, ${error.code}: ${error.message}`
