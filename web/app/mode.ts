/**
 * In which of its forms the page runs: `studio`, from the server of `tweedie studio`, which has runs; `site`,
 * from any static server, which may have the documentation beside it. The page that is sent says so.
 */
export type Mode =
  | { readonly kind: 'site'; readonly documentation: string | undefined }
  | { readonly kind: 'studio'; readonly api: string }

const metaOf = (name: string): string | undefined =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content

const modeOf = (): Mode => {
  const api = metaOf('tweedie-api')
  return api === undefined ? { kind: 'site', documentation: metaOf('tweedie-docs') } : { kind: 'studio', api }
}

export const mode: Mode = modeOf()
