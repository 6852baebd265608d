import { Command, InvalidArgumentError, Option } from 'commander'
import type { CommandSpec } from './commands/spec.ts'
import { type CommandName, commands, commonOptions } from './commands.ts'
import type { AnyValues, OptionSpec, OptionSpecs } from './options.ts'

/** Runs a command with what the command line gave it. */
export type Dispatch = (name: CommandName, args: readonly string[], options: AnyValues) => Promise<void>

/** What the help of a command says beside its description. */
export type Details = { readonly [C in CommandName]?: string }

/** The details of the command whose help is asked for. */
export const detailsFor = async (argv: readonly string[]): Promise<Details> => {
  const name = (Object.keys(commands) as CommandName[]).find((known) => argv.includes(known))
  const asked = ['--help', '-h', 'help'].some((word) => argv.includes(word))
  const spec: CommandSpec | undefined = name && asked ? commands[name] : undefined
  return name && spec?.details ? { [name]: await spec.details() } : {}
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const numberParser =
  ({ integer, min }: { integer: boolean; min?: number }) =>
  (text: string): number => {
    const value = Number(text)
    const wanted = `${integer ? 'an integer' : 'a number'}${min === undefined ? '' : ` of at least ${min}`}`
    const valid = text.trim() !== '' && Number.isFinite(value) && (!integer || Number.isSafeInteger(value))
    if (!valid || (min !== undefined && value < min)) throw new InvalidArgumentError(`Expected ${wanted}.`)
    return value
  }

const makeOption = (name: string, spec: OptionSpec): Option => {
  const flag = `${spec.short === undefined ? '' : `-${spec.short}, `}--${kebab(name)}`
  if (spec.kind === 'flag') return new Option(flag, spec.description)
  const option = new Option(`${flag} <${spec.value}>`, spec.description)
  if (spec.default !== undefined) option.default(spec.default)
  if (spec.choices !== undefined) option.choices(spec.choices)
  if (spec.kind !== 'text')
    option.argParser(numberParser({ integer: spec.kind === 'integer', min: spec.min }))
  return option.makeOptionMandatory(spec.required ?? false)
}

const addOptions = (command: Command, specs: OptionSpecs, group: string): void => {
  for (const [name, spec] of Object.entries(specs)) command.addOption(makeOption(name, spec).helpGroup(group))
}

const examplesOf = (spec: CommandSpec): string =>
  ['', 'Examples:', ...spec.examples.flatMap(({ command, does }) => [`  ${command}`, `      ${does}`])].join(
    '\n',
  )

/** Line breaks inside a paragraph go: the help wraps it to the terminal. */
const paragraphs = (text: string): string => text.replace(/([^\n])\n(?!\n)/g, '$1 ')

const addCommand = (program: Command, name: CommandName, dispatch: Dispatch, details: Details): void => {
  const spec: CommandSpec = commands[name]
  const command = program
    .command(name)
    .summary(spec.summary)
    .description(paragraphs(`${spec.description}${details[name] ?? ''}`))
  for (const { usage, description } of spec.arguments) command.argument(usage, description)
  addOptions(command, spec.options, 'Options:')
  addOptions(command, commonOptions, 'Options of every command:')
  command.addHelpText('after', examplesOf(spec))
  command.action(() => dispatch(name, command.args, command.opts<AnyValues>()))
}

const EXIT_CODES = `
Exit codes: 0 done, 1 failure, 2 bad input, 130 interrupted.
Every command has its own help: tweedie learn --help`

/** The command line: the table of commands as commander understands it. */
export const makeProgram = (version: string, dispatch: Dispatch, details: Details = {}): Command => {
  const program = new Command('tweedie')
    .description(
      'Diffusion priors learned from corrupted observations, and posterior samples with uncertainty.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // main.ts says it, in one line
    .addHelpText('after', EXIT_CODES)
  for (const name of Object.keys(commands) as CommandName[]) addCommand(program, name, dispatch, details)
  return program
}
