/** What is used of the client library: it is large, and loaded by those alone who have an app in a cluster. */
export { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node'
