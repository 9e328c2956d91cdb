// What an answer sends its reader to for more: on the VM that is a command, elsewhere a request.

export const allApps = (onVm: boolean): string => (onVm ? 'deploy-receiver status' : 'GET /apps')

export const deploymentsOf = (app: string, onVm: boolean): string =>
  onVm ? `deploy-receiver history ${app}` : `GET /apps/${app}/deployments`
