import { digestOf } from './digest.ts'
import { withFile } from './files.ts'

/**
 * The digest of a file of any size.
 *
 * @throws TweedieError `input` when there is no such file; `io` when the system refuses
 */
export const fileDigest = (path: string): string => withFile(path, digestOf)
