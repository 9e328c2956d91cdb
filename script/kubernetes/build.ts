// node script/kubernetes/build.ts: builds what is missing of a real Kubernetes. See programs.ts.
import { buildPrograms } from './programs.ts'

buildPrograms()
