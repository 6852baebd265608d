/** The configuration that the arguments of a command describe. */
import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { packaged } from '../packaged.ts'
import { loadConfig, splitConfigArguments } from './config.ts'
import { type Experiment, experimentSchema } from './schema.ts'

/**
 * A configuration by its path; `experiments/….yaml` that is not there is the one that ships with the package.
 */
export const configurationAt = (path: string | undefined): string | undefined => {
  if (path === undefined || existsSync(path) || !path.startsWith('experiments/')) return path
  const shipped = packaged(path)
  return existsSync(shipped) ? shipped : path
}

/**
 * A configuration from arguments: file, overrides, and `--seed` over both.
 *
 * @throws TweedieError `input` as `loadConfig`
 */
export const configurationOf = <S extends z.ZodType>(
  schema: S,
  args: readonly string[],
  seed: number | undefined,
): z.output<S> => {
  const { path, overrides } = splitConfigArguments(args)
  return loadConfig(
    schema,
    configurationAt(path),
    seed === undefined ? overrides : [...overrides, `seed=${seed}`],
  )
}

/** The experiment that arguments describe. */
export const experimentOf = (args: readonly string[], seed: number | undefined): Experiment =>
  configurationOf(experimentSchema, args, seed)
