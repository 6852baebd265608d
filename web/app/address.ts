/** The address of what is shown, behind the `#`: `#/runs/demo?tab=draws` is the page, its words, its query. */
import { signal } from '@preact/signals'

/** An address in parts. */
export interface Address {
  /** Name of the page, '' for the first. */
  readonly page: string
  /** Words behind it, decoded. */
  readonly words: readonly string[]
  readonly query: URLSearchParams
}

/** A word that was not written by this page may hold a stray `%`: it is then taken as it is. */
const decoded = (word: string): string => {
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}

/** The parts of the fragment of an address. */
const addressOf = (fragment: string): Address => {
  const [path, query = ''] = fragment.replace(/^#\/?/, '').split('?', 2)
  const [page, ...words] = path.split('/').map(decoded)
  return { page, words: words.filter((word) => word !== ''), query: new URLSearchParams(query) }
}

/** The fragment of a page, with words behind it. */
export const fragmentOf = (
  page: string,
  words: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string => {
  const asked = new URLSearchParams(query).toString()
  return `#/${[page, ...words].map(encodeURIComponent).join('/')}${asked ? `?${asked}` : ''}`
}

/** Where the page is now. */
export const address = signal<Address>(addressOf(globalThis.location?.hash ?? ''))

globalThis.addEventListener?.('hashchange', () => {
  address.value = addressOf(location.hash)
})
