/** The first page: a finished result with a brush. */
import { fragmentOf } from '../app/address.ts'
import type { PageProps } from '../app/places.ts'
import { Notice } from '../ui/notice.tsx'
import type { Entry } from './gallery.ts'
import { RestorePanel } from './restore-panel.tsx'
import { shipped } from './shipped.ts'
import { Closer } from './view/closer.tsx'

const filesOf = ({ folder }: Entry) => {
  const here = (path: string) => new URL(path, document.baseURI)
  return {
    model: here(`${folder}sampler.onnx`),
    manifest: here(`${folder}sampler.json`),
    examples: here(`${folder}examples.npz`),
    engine: here('engine/'),
  }
}

const Entries = ({ current }: { readonly current: Entry }) => (
  <nav class="gallery-entries" aria-label="Gallery">
    {shipped.map((entry) => (
      <a
        key={entry.name}
        href={fragmentOf('gallery', [entry.name])}
        aria-current={entry === current ? 'page' : undefined}
      >
        {entry.word}
      </a>
    ))}
  </nav>
)

const GalleryPage = ({ address: { words } }: PageProps) => {
  const entry = words.length === 0 ? shipped[0] : shipped.find(({ name }) => name === words[0])
  if (!entry) return <Notice title="Nothing of that name">The gallery has no '{words[0]}'.</Notice>
  return (
    <>
      {shipped.length > 1 && <Entries current={entry} />}
      <h1>{entry.title}</h1>
      <p>{entry.about}</p>
      <RestorePanel files={filesOf(entry)} first={entry} noun={entry.noun} below={Closer} />
    </>
  )
}

export default GalleryPage
