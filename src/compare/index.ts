export { type BenchInputs, loadBenchInputs, tasksNamed } from './bench-inputs.ts'
export { type Cache, KEPT_PICTURES, openCache, type StoredResult } from './cache.ts'
export {
  type BaselineCell,
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
export {
  type ComparisonBench,
  type ComparisonOptions,
  compare,
  type Entry,
  measureCell,
} from './comparison.ts'
export { type ComparisonContent, comparisonContent } from './comparison-content.ts'
export { misfitOf, type SamplerEntry } from './distilled.ts'
export { type Figures, figuresSchema, type Merit } from './figures.ts'
export { type FittedImages, fittedImages } from './fitted-images.ts'
export {
  type BaselineSpec,
  baselineCells,
  distilledCells,
  gridOf,
  type Pairing,
  pairingsOf,
  type Tuned,
} from './grid.ts'
export {
  type Hidden,
  type HiddenFigures,
  heldEntries,
  hiddenFigures,
  hiddenTruth,
} from './hidden.ts'
export { type Bench, type CellResult, measure } from './measure.ts'
export { type Judge, meritOf } from './merit.ts'
export { legend, markdownOf, type ResultsTable, resultsTables } from './results-table.ts'
export { type LoadedSampler, samplerEntriesOf } from './sampler-entries.ts'
export { observed, type Sets } from './sets.ts'
export { amortizedTasks, bunnyTasks, mriTasks, photographTasks, sphereTasks } from './tasks.ts'
export { type TrainingCost, trainingTable } from './training.ts'
export { type Trial, type Tunable, type TuneOptions, tunable, tune } from './tune.ts'
export { addTuned, readTuned } from './tuned.ts'
export { baselineWins } from './verdict.ts'
export type { Appearance } from './view.ts'
