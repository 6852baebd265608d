export type { KSpace } from './kspace.ts'
export { isKspace, readKspace } from './read-kspace.ts'
