/**
 * Only the newest request counts. One is being answered, one waits; a third takes the place of the one that
 * waits, which is then told that it is stale. A stroke makes many requests, most of which are not computed.
 */

/** The answer to a request, or that a newer one took its place. */
export type Answered<T> = { readonly kind: 'fresh'; readonly value: T } | { readonly kind: 'stale' }

interface Waiting<I, T> {
  readonly input: I
  readonly resolve: (answer: Answered<T>) => void
  readonly reject: (cause: unknown) => void
}

/** @param answer - answers one request at a time */
export const newest = <I, T>(answer: (input: I) => Promise<T>): ((input: I) => Promise<Answered<T>>) => {
  let busy = false
  let next: Waiting<I, T> | undefined
  const work = async (first: Waiting<I, T>): Promise<void> => {
    busy = true
    let current: Waiting<I, T> | undefined = first
    while (current) {
      const { input, resolve, reject } = current
      await answer(input).then((value) => resolve({ kind: 'fresh', value }), reject)
      current = next
      next = undefined
    }
    busy = false
  }
  return (input) =>
    new Promise((resolve, reject) => {
      const asked = { input, resolve, reject }
      if (!busy) return void work(asked)
      next?.resolve({ kind: 'stale' })
      next = asked
    })
}
