export {
  type Baseline,
  type BaselineEntry,
  type BaselineOptions,
  baselineEntry,
  type Estimate,
  misfitOf,
} from './baseline.ts'
export { baselineNamed, baselines } from './list.ts'
