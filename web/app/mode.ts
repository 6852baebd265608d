/**
 * In which of its forms the page runs: `studio`, from the server of `tweedie studio`, which has runs; `site`,
 * from any static server. The server says so in the page that it sends.
 */
export type Mode = { readonly kind: 'site' } | { readonly kind: 'studio'; readonly api: string }

const modeOf = (): Mode => {
  const api = document.querySelector<HTMLMetaElement>('meta[name="tweedie-api"]')?.content
  return api === undefined ? { kind: 'site' } : { kind: 'studio', api }
}

export const mode: Mode = modeOf()
