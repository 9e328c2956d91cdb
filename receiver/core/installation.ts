/** One data directory, and all that was made for it. */
export interface Installation {
  /** Random, and made once. Containers, networks and Nginx's files bear it. */
  id: string
  /** Whether a deployment is on its record. What was made before there were ids is known by that. */
  knows(deployment: string): boolean
}
