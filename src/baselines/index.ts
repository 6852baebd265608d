export {
  type Baseline,
  type BaselineEntry,
  type BaselineOptions,
  baselineEntry,
  type Estimate,
} from './baseline.ts'
export { baselineNamed, baselines } from './list.ts'
