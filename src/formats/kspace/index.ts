export type { FileRows, KSpace } from './kspace.ts'
export { isKspace, type KspaceOptions, openKspace, readKspace } from './read-kspace.ts'
