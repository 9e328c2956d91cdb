import { n as endUnended, t as createGithubDeployment } from "./github-deployment2.js";

export { endUnended };