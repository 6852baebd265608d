import { existsSync } from 'node:fs'
import { isAddress } from '../zarr/place.ts'

/** Whether there is such a file or folder. What an address leads to shows when it is read. */
export const isThere = (path: string): boolean => isAddress(path) || existsSync(path)
