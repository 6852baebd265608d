export type { KSpace } from './kspace.ts'
export { isKspace, openKspace, readKspace } from './read-kspace.ts'
