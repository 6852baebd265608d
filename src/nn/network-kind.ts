/**
 * A kind of network: all that configurations, checkpoints and flows know of it, in the network's own file.
 */
import { TweedieError } from '../error.ts'
import { type GivenOf, givenOf, type SettingsOf, settingsOf, type ValueSpecs } from '../settings.ts'
import type { Shape } from '../tensor/index.ts'
import type { Network } from './network.ts'

/** The definition of a kind; see {@link networkKind}. */
interface Definition<K extends string, S extends ValueSpecs, Z extends ValueSpecs, P extends boolean> {
  /** Its name in configurations and checkpoints. */
  readonly kind: K
  /** One line for whoever chooses. */
  readonly summary: string
  /** Whether it runs over points in space, [C, ...space], with `io` channels in and out. */
  readonly spatial: P
  /** Settings in a configuration. */
  readonly settings: S
  /** Sizes that follow from the shape of the data; checkpoints keep them too. */
  readonly sizes: Z
  /**
   * The sizes for events of a shape.
   *
   * @throws TweedieError `input` (see {@link unfit}) when they do not fit
   */
  sizesFor(settings: SettingsOf<S>, event: Shape): SettingsOf<Z>
  make(options: GivenOf<S> & GivenOf<Z>): Network
}

/** A kind of network. Its methods are declared so that a list can hold kinds of all options. */
export interface NetworkKind<
  O extends object = object,
  K extends string = string,
  P extends boolean = boolean,
> {
  readonly kind: K
  readonly summary: string
  readonly spatial: P
  readonly settings: ValueSpecs
  readonly sizes: ValueSpecs
  /**
   * The network for events of a shape.
   *
   * @throws TweedieError `input` for settings that do not fit, or data that do not
   */
  configured(settings: Readonly<Record<string, unknown>>, event: Shape): { readonly kind: K } & O
  /**
   * Options as a checkpoint keeps them; what is unknown is left out.
   *
   * @throws TweedieError `input` for those that do not fit
   */
  read(header: Readonly<Record<string, unknown>>): { readonly kind: K } & O
  make(options: O): Network
}

/** A kind of network from its definition. */
export const networkKind = <
  const K extends string,
  const S extends ValueSpecs,
  const Z extends ValueSpecs,
  const P extends boolean,
>({
  kind,
  summary,
  spatial,
  settings,
  sizes,
  sizesFor,
  make,
}: Definition<K, S, Z, P>): NetworkKind<GivenOf<S> & GivenOf<Z>, K, P> => ({
  kind,
  summary,
  spatial,
  settings,
  sizes,
  configured: (given, event) => {
    const complete = settingsOf(`net: ${kind}`, settings, given)
    const all = { ...complete, ...sizesFor(complete, event) }
    return { kind, ...givenOf(kind, settings, all), ...givenOf(kind, sizes, all) }
  },
  read: (header) => ({ kind, ...givenOf(kind, settings, header), ...givenOf(kind, sizes, header) }),
  make: (options) => make(options),
})

/** The error for data that a network does not run over. */
export const unfit = (message: string): TweedieError => new TweedieError('input', `net: ${message}`)

/** Channels in and out. */
export const io = {
  kind: 'integer',
  min: 1,
  required: true,
  description: 'channels of the signal, in and out',
} as const
