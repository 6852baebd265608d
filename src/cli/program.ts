import { Command, InvalidArgumentError, Option } from 'commander'
import { TweedieError } from '../error.ts'
import { problemOf } from '../settings.ts'
import { type CommandName, commands, commonOptions, formerNames } from './commands.ts'
import type { CommandSpec } from './help/spec.ts'
import type { AnyValues, OptionSpec, OptionSpecs } from './options.ts'

/** Runs a command with what the command line gave it. */
export type Dispatch = (name: CommandName, args: readonly string[], options: AnyValues) => Promise<void>

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The name of an option’s value in the help. */
const valueName = ({ kind, value }: OptionSpec): string =>
  value ?? (kind === 'choice' ? 'name' : kind === 'text' ? 'text' : 'n')

const numberParser =
  (spec: OptionSpec) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    const problem = problemOf(spec, value)
    if (problem !== undefined) throw new InvalidArgumentError(`Expected ${problem}.`)
    return value
  }

/** `cuda:1` of the name `cuda`. */
const isNumbered = (names: readonly string[], text: string): boolean =>
  names.some((name) => text.startsWith(`${name}:`) && /^(0|[1-9]\d{0,2})$/.test(text.slice(name.length + 1)))

/** Of choices that come with a number too. */
const numberedParser =
  (choices: readonly string[], names: readonly string[]) =>
  (text: string): string => {
    if (choices.includes(text) || isNumbered(names, text)) return text
    const listed = [...choices, ...names.map((name) => `${name}:1`)].join(', ')
    throw new InvalidArgumentError(`Allowed choices are ${listed}.`)
  }

const makeOption = (name: string, spec: OptionSpec): Option => {
  const flag = `${spec.short === undefined ? '' : `-${spec.short}, `}--${kebab(name)}`
  if (spec.kind === 'flag') return new Option(flag, spec.description)
  const option = new Option(`${flag} <${valueName(spec)}>`, spec.description)
  if (spec.default !== undefined) option.default(spec.default)
  if (spec.kind === 'choice') option.choices(spec.choices)
  if (spec.kind === 'choice' && spec.numbered) option.argParser(numberedParser(spec.choices, spec.numbered))
  if (spec.kind === 'number' || spec.kind === 'integer') option.argParser(numberParser(spec))
  return option.makeOptionMandatory(spec.required ?? false)
}

const addOptions = (command: Command, specs: OptionSpecs, group: string): void => {
  for (const [name, spec] of Object.entries(specs)) command.addOption(makeOption(name, spec).helpGroup(group))
}

/** Version that renamed what is answered with its new name. */
const RENAMED = '0.2'

/** An option of earlier versions: answered with its name of today. */
const renamedOption = (name: string, now: string): Option =>
  new Option(`--${kebab(name)} <value>`).hideHelp().argParser(() => {
    throw new InvalidArgumentError(`since version ${RENAMED} this is --${kebab(now)}.`)
  })

const examplesOf = (spec: CommandSpec): string =>
  ['', 'Examples:', ...spec.examples.flatMap(({ command, does }) => [`  ${command}`, `      ${does}`])].join(
    '\n',
  )

/** Line breaks inside a paragraph go: the help wraps it to the terminal. */
const paragraphs = (text: string): string => text.replace(/([^\n])\n(?!\n)/g, '$1 ')

/** Words that ask for the help. */
const HELP = ['--help', '-h', 'help']

/**
 * The part that only the engine knows of the help that the arguments ask for, by command; nothing is loaded
 * when they ask for none.
 */
export const moreHelp = async (argv: readonly string[]): Promise<Readonly<Record<string, string>>> => {
  const found: Record<string, string> = {}
  if (!argv.some((word) => HELP.includes(word))) return found
  for (const [name, { more }] of Object.entries<CommandSpec>(commands))
    if (more && argv.includes(name)) found[name] = await more()
  return found
}

const addCommand = (program: Command, name: CommandName, dispatch: Dispatch, more?: string): void => {
  const spec: CommandSpec = commands[name]
  const described = more === undefined ? spec.description : `${spec.description}\n\n${more}`
  const command = program.command(name).summary(spec.summary).description(paragraphs(described))
  for (const { usage, description } of spec.arguments) command.argument(usage, description)
  addOptions(command, spec.options, 'Options:')
  addOptions(command, commonOptions, 'Options of every command:')
  for (const [old, now] of Object.entries(spec.renamed ?? {})) command.addOption(renamedOption(old, now))
  command.addHelpText('after', examplesOf(spec))
  command.action(() => dispatch(name, command.args, command.opts<AnyValues>()))
}

/** A command of earlier versions: answered with its name of today. */
const addFormer = (program: Command, old: string, now: CommandName): void => {
  program
    .command(old, { hidden: true })
    .argument('[rest...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(() => {
      throw new TweedieError('input', `'${old}' is '${now}' since version ${RENAMED}: tweedie ${now} --help`)
    })
}

const EXIT_CODES = `
Exit codes: 0 done, 1 failure, 2 bad input, 130 interrupted (129 by a terminal that closed).
Every command has its own help: tweedie learn --help`

/**
 * The command line: the table of commands as commander understands it.
 *
 * @param more - see {@link moreHelp}
 */
export const makeProgram = (
  version: string,
  dispatch: Dispatch,
  more: Readonly<Record<string, string>> = {},
): Command => {
  const program = new Command('tweedie')
    .description(
      'Diffusion priors learned from corrupted observations, and posterior samples with uncertainty.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // main.ts says it, in one line
    .addHelpText('after', EXIT_CODES)
  for (const name of Object.keys(commands) as CommandName[]) addCommand(program, name, dispatch, more[name])
  for (const [old, now] of Object.entries(formerNames)) addFormer(program, old, now)
  return program
}
