import { n as endUnended, t as createGithubDeployment } from "./github-deployment.js";

export { endUnended };