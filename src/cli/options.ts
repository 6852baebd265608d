/** Options of commands, and the types of their values. */

interface Described {
  /** One line, in the user's words, with the unit. */
  readonly description: string
  /** One letter: `o` makes `-o`. */
  readonly short?: string
}

/** One option of a command. Its name in camel case, `maxSteps`, makes the flag `--max-steps`. */
export type OptionSpec = Described &
  (
    | { readonly kind: 'flag' }
    | {
        readonly kind: 'text' | 'number' | 'integer'
        /** Name of the value in the help: `--draws <n>`. */
        readonly value: string
        readonly default?: string | number
        readonly choices?: readonly string[]
        readonly required?: boolean
        /** Smallest valid number. */
        readonly min?: number
      }
  )

/** Options by name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>

type ValueOf<S> = S extends { kind: 'flag' }
  ? boolean
  : S extends { kind: 'number' | 'integer' }
    ? number
    : S extends { choices: readonly (infer Choice)[] }
      ? Choice
      : string

type IsSet<S> = S extends { default: unknown } | { required: true } ? true : false

/** The values that a command's `run` gets: of a flag true or nothing, without a default perhaps nothing. */
export type ValuesOf<Specs> = {
  readonly [K in keyof Specs]: IsSet<Specs[K]> extends true
    ? ValueOf<Specs[K]>
    : ValueOf<Specs[K]> | undefined
}

/** Values of options that nothing more is known about. */
export type AnyValues = Readonly<Record<string, string | number | boolean | undefined>>
