export { type Cache, KEPT_PICTURES, openCache, type StoredResult } from './cache.ts'
export {
  type BenchSetup,
  type Cell,
  cellKey,
  type DistilledCell,
  defaultSettings,
  digest,
  type GuidedCell,
  labelOf,
  stepsOf,
  type Task,
} from './cell.ts'
export { type ComparisonOptions, compare, type Entry } from './comparison.ts'
export { type ComparisonPage, comparisonPage } from './comparison-page.ts'
export { misfitOf, type SamplerEntry } from './distilled.ts'
export { type Figures, figuresSchema, type Merit } from './figures.ts'
export { distilledCells, gridOf, type Pairing, pairingsOf, type Tuned } from './grid.ts'
export { type Bench, type CellResult, measure } from './measure.ts'
export { type Judge, meritOf } from './merit.ts'
export { legend, markdownOf, type ResultsTable, resultsTables } from './results-table.ts'
export { observed, type Sets } from './sets.ts'
export { amortizedTasks, bunnyTasks, mriTasks, photographTasks, sphereTasks } from './tasks.ts'
export { type TrainingCost, trainingTable } from './training.ts'
export { type Trial, type Tunable, type TuneOptions, tunable, tune } from './tune.ts'
export type { Appearance } from './view.ts'
