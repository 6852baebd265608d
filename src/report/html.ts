/** Markup that is already safe; everything else is escaped when it is put into {@link html}. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }

  toString(): string {
    return this.markup
  }
}

/** Content between `${` and `}` of {@link html}; `undefined` and `false` leave nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[]

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text made safe inside elements and quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c])

const rendered = (content: Content): string => {
  if (content === undefined || content === false) return ''
  if (content instanceof Html) return content.markup
  if (typeof content === 'string' || typeof content === 'number') return escapeHtml(String(content))
  return content.map(rendered).join('')
}

/**
 * Markup from a template: what is put in is escaped unless it is {@link Html} itself; lists are joined.
 *
 * @example
 * ```ts
 * html`<p>${'a < b'}</p>`.markup // <p>a &lt; b</p>
 * ```
 */
export const html = (template: TemplateStringsArray, ...contents: readonly Content[]): Html =>
  new Html(template.reduce((text, part, i) => text + rendered(contents[i - 1]) + part))
