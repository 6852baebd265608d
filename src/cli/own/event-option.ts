/** The shape of one x, as an option says it. */
import { TweedieError } from '../../error.ts'

/** `1,28,28`; undefined when not given. @throws TweedieError `input` for anything else */
export const eventOf = ({ event }: { readonly event?: string }): readonly number[] | undefined => {
  if (event === undefined) return undefined
  const sizes = event.split(',').map(Number)
  if (sizes.every((n) => Number.isInteger(n) && n > 0)) return sizes
  throw new TweedieError('input', `--event: expected the shape of one x, such as 1,28,28, got '${event}'`)
}
