/** The page that an export is: its draws are in it. */
import { render } from 'preact'
import '../app/style.css'
import './single.css'
import { bytesOf, type PackedHeader, unpacked } from '../look/export/packed.ts'
import { PosteriorView } from '../look/posterior-view.tsx'
import { shown } from '../ui/number.ts'

const textOf = (id: string): string => document.getElementById(id)?.textContent ?? ''

const Single = ({ header, bytes }: { readonly header: PackedHeader; readonly bytes: Uint8Array }) => (
  <main>
    <h1>{header.name}</h1>
    <p class="quiet">
      {header.count} draws of the posterior, kept with {header.bits} bits a value: the largest error is{' '}
      {shown(header.error)}, of values between {shown(header.low)} and {shown(header.high)}.
    </p>
    <PosteriorView draws={unpacked({ header, bytes })} />
    <p class="quiet">Made by Tweedie. This page asks nothing of any network.</p>
  </main>
)

const root = document.getElementById('app')
if (root) render(<Single header={JSON.parse(textOf('header'))} bytes={bytesOf(textOf('bytes'))} />, root)
