import { fileURLToPath } from 'node:url'

/**
 * A file of the package by its path from the root; this file lies two folders below that, both in src/ and in
 * dist/.
 */
export const packaged = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
