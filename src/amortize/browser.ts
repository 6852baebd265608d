export { expectedLogq } from './expected-logq.ts'
