import { t as Context } from "./context.js";

// node_modules/@actions/github/lib/github.js
const context = new Context();

export { context };