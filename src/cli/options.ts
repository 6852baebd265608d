/** Options of commands: named values in the dialect of settings, with what a command line adds. */
import type { ScalarSpec, SettingsOf } from '../settings.ts'

/** One option of a command. Its name in camel case, `maxSteps`, makes the flag `--max-steps`. */
export type OptionSpec = ScalarSpec & {
  /** One letter: `o` makes `-o`. */
  readonly short?: string
  /** Name of the value in the help, `--draws <n>`; default `n` of numbers, `name` of choices, else `text`. */
  readonly value?: string
  /** Of choices, those that also come with a number, such as `cuda` in `cuda:1`. */
  readonly numbered?: readonly string[]
}

/** Options by name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>

type NumberedOf<S> = S extends { numbered: readonly (infer Name extends string)[] }
  ? `${Name}:${number}`
  : never

/** The values that a command's `run` gets: of a flag true or nothing, without a default perhaps nothing. */
export type ValuesOf<Specs> = Specs extends OptionSpecs
  ? { readonly [K in keyof Specs]: SettingsOf<Specs>[K] | NumberedOf<Specs[K]> }
  : never

/** Values of options that nothing more is known about. */
export type AnyValues = Readonly<Record<string, string | number | boolean | undefined>>
