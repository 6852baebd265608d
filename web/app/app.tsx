/** The frame of every page: the menu, the page that the address names, what went wrong. */
import type { ComponentType } from 'preact'
import { useEffect, useErrorBoundary, useState } from 'preact/hooks'
import { Notice } from '../ui/notice.tsx'
import { address, fragmentOf } from './address.ts'
import { mode } from './mode.ts'
import { type PageProps, type Place, places } from './places.ts'

const shown = places.filter(({ server }) => !server || mode.kind === 'studio')

const placeOf = (name: string): Place | undefined =>
  name === '' ? shown[0] : shown.find((place) => place.name === name)

const Menu = ({ current }: { readonly current: Place | undefined }) => (
  <header class="frame-head">
    <a class="brand" href="#/">
      Tweedie
    </a>
    <nav aria-label="Pages">
      {shown.map((place) => (
        <a
          key={place.name}
          href={fragmentOf(place.name)}
          aria-current={place === current ? 'page' : undefined}
        >
          {place.title}
        </a>
      ))}
      {mode.kind === 'site' && mode.documentation && <a href={mode.documentation}>Documentation</a>}
    </nav>
  </header>
)

type Loaded = { readonly place: Place; readonly Page: ComponentType<PageProps> } | { readonly failed: string }

const Body = ({ place }: { readonly place: Place }) => {
  const [loaded, setLoaded] = useState<Loaded>()
  const [error, forget] = useErrorBoundary((cause) => console.error(cause))
  useEffect(() => {
    let current = true
    forget()
    place
      .load()
      .then(({ default: Page }) => current && setLoaded({ place, Page }))
      .catch((cause) => current && setLoaded({ failed: String(cause) }))
    return () => {
      current = false
    }
  }, [place])
  if (error) return <Notice title="This page stopped">{String(error)}</Notice>
  if (loaded && 'failed' in loaded)
    return <Notice title="This page could not be loaded">{loaded.failed} Is the server still running?</Notice>
  if (loaded?.place !== place) return <p class="quiet">Loading …</p>
  return <loaded.Page address={address.value} />
}

export const App = () => {
  const { page } = address.value
  const place = placeOf(page)
  useEffect(() => {
    document.title = place ? `${place.title} – Tweedie` : 'Tweedie'
  }, [place])
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('content')?.focus()
        }}
      >
        Skip to the content
      </a>
      <Menu current={place} />
      <main id="content" tabIndex={-1}>
        {place ? (
          <Body place={place} />
        ) : (
          <Notice title="No such page">There is no page '{page}' here.</Notice>
        )}
      </main>
    </>
  )
}
