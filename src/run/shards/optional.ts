import { TweedieError } from '../../error.ts'

/**
 * Packages that only those who share a run with other machines need.
 *
 * @param what - needs them
 * @throws TweedieError `input` saying how to install what is absent
 */
export const optional = async <T>(load: () => Promise<T>, what: string, packages: string): Promise<T> => {
  try {
    return await load()
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
    if (!isAbsent) throw cause
    throw new TweedieError('input', `${what} needs packages that are absent: npm install ${packages}`, {
      cause,
    })
  }
}
