/** What stands around each page: the head with the live pages, the menu of pages, the page's parts. */
import { Html, html } from '../../src/report/html.ts'
import type { Group, Page } from './pages.ts'
import { API, between, EMBEDDED, GALLERY, ICON, placeOf, STYLE } from './places.ts'

/** What the menu offers besides pages. */
export interface Offered {
  /** Whether the site has an API reference. */
  readonly api: boolean
}

const FRONT = placeOf('README.md')

const menu = (page: Page, groups: readonly Group[], { api }: Offered): Html => {
  const to = (place: string): string => between(page.place, place)
  const parts = html`<ul class="parts">${page.sections.map(
    ({ anchor, title }) => html`<li><a href="#${anchor}">${title}</a></li>`,
  )}</ul>`
  const entry = ({ place, label }: Page): Html =>
    place === page.place
      ? html`<li><a href="${to(place)}" aria-current="page">${label}</a>${parts}</li>`
      : html`<li><a href="${to(place)}">${label}</a></li>`
  const further: Readonly<Record<string, Html>> = {
    'How to': html`<li><a href="${to(EMBEDDED)}">A page with a sampler in it</a></li>`,
    ...(api ? { Reference: html`<li><a href="${to(API)}">API</a></li>` } : {}),
  }
  return html`${groups.map(
    ({ title, pages }) =>
      html`<p class="group">${title}</p><ul>${pages.map(entry)}${further[title] ?? ''}</ul>`,
  )}`
}

/** The door to the live pages, before the first part of the front page. */
const tryIt = (page: Page): string =>
  html`<p class="try">
<a class="primary" href="${between(page.place, GALLERY)}">Try it in this browser</a>
<span class="quiet">Erase pixels of a digit and watch the posterior follow. Nothing is uploaded.</span>
</p>
`.markup

const bodyOf = (page: Page): Html =>
  new Html(page.place === FRONT ? page.html.replace(/(?=<h2 )/, () => tryIt(page)) : page.html)

/** A page of the site, whole. */
export const framed = (page: Page, groups: readonly Group[], offered: Offered): string => {
  const to = (place: string): string => between(page.place, place)
  const pages = menu(page, groups, offered)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<title>${page.place === FRONT ? 'Tweedie' : `${page.title} – Tweedie`}</title>
<link rel="icon" href="${to(ICON)}" type="image/svg+xml" />
<link rel="stylesheet" href="${to(STYLE)}" />
</head>
<body class="documentation">
<a class="skip" href="#content">Skip to the content</a>
<header class="frame-head">
<a class="brand" href="${to(FRONT)}">Tweedie</a>
<nav aria-label="Site">
<a href="${to(FRONT)}" aria-current="true">Documentation</a>
${offered.api ? html`<a href="${to(API)}">API</a>` : ''}
<a href="${to(GALLERY)}">Gallery</a>
<a href="${to(GALLERY)}#/look">Look</a>
</nav>
</header>
<div class="columns">
<nav class="side" aria-label="Pages">${pages}</nav>
<details class="side-small"><summary>All pages</summary><nav aria-label="All pages">${pages}</nav></details>
<main id="content" tabindex="-1">
${bodyOf(page)}
</main>
</div>
</body>
</html>
`.markup
}
