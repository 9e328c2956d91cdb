/** The name of a network of Docker's: it is part of the paths of Docker's API. */
export const DOCKER_NETWORK = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/
