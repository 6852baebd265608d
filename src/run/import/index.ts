export {
  type ImportCheck,
  type Imported,
  type ImportRequest,
  type ImportTesting,
  importPrior,
} from './import-prior.ts'
