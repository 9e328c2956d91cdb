import { n as nothingForPost, r as reportLeft, t as keepForPost } from "./several-state.js";

export { reportLeft };