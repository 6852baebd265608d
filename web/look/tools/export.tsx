/** Views, numbers and the whole as files. */
import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { Notice } from '../../ui/notice.tsx'
import { saveText } from '../../ui/save.ts'
import { csvOf, jsonOf, type Table } from '../../ui/table.ts'
import { SaveFigure } from '../export/save-figure.tsx'
import { singlePage } from '../export/single-page.ts'
import { viewerText } from '../export/viewer-text.ts'
import { viewPicture } from '../field-picture.ts'
import { knownOf } from '../known.ts'
import { placeWords } from '../place-words.ts'
import type { Viewing } from '../viewing.ts'
import { viewsOf } from '../views.ts'
import type { Tool, ToolProps } from './tool.ts'

/** Values from which a page is large for a mail. */
const LARGE = 2e7

/** The summary of every place. */
const summaryTable = ({ draws, summary }: Viewing): Table | undefined => {
  const made = summary.value
  const { look, truth } = draws.value
  return (
    made && {
      name: 'summary',
      columns: ['place', 'mean', 'sd', '5 %', 'median', '95 %', ...(truth ? ['truth'] : [])],
      rows: Array.from(made.mean, (mean, p) => [
        placeWords(look, p),
        mean,
        made.deviation[p],
        made.low[p],
        made.median[p],
        made.high[p],
        ...(truth ? [truth[p]] : []),
      ]),
    }
  )
}

const fileName = (name: string): string => name.replace(/\.[a-z]+$/i, '').replace(/[^\w.-]+/g, '-')

const Pictures = ({ viewing }: { readonly viewing: Viewing }) => {
  const id = useId()
  const options = viewsOf(viewing)
  const name = useSignal(options[0].name)
  const view = options.find((own) => own.name === name.value) ?? options[0]
  return (
    <div class="field">
      <label for={id}>View</label>
      <select
        id={id}
        value={view.name}
        onChange={({ currentTarget }) => {
          name.value = currentTarget.value
        }}
      >
        {options.map((own) => (
          <option key={own.name} value={own.name}>
            {own.title(viewing)}
          </option>
        ))}
      </select>
      <SaveFigure name={view.name} title={view.title(viewing)} picture={() => viewPicture(viewing, view)} />
    </div>
  )
}

const Body = ({ viewing }: ToolProps) => {
  const bits = useSignal<8 | 16>(16)
  const fault = useSignal<string | undefined>(undefined)
  const id = useId()
  const onFault = (error: unknown) => {
    fault.value = error instanceof Error ? error.message : String(error)
  }
  const given = viewing.given.value
  const name = fileName(given.name)
  const savePage = () => {
    fault.value = undefined
    viewerText()
      .then((viewer) =>
        saveText(`${name}.html`, singlePage(given, bits.value, viewer, knownOf(viewing)), 'text/html'),
      )
      .catch(onFault)
  }
  const saveSummary = (kind: 'csv' | 'json') => () => {
    const table = summaryTable(viewing)
    if (!table) return
    if (kind === 'csv') saveText(`${name}-summary.csv`, csvOf(table), 'text/csv')
    else saveText(`${name}-summary.json`, jsonOf(table), 'application/json')
  }
  const size = (given.values.length * bits.value * 4) / 3 / 8
  return (
    <section class="exports">
      {fault.value !== undefined && <Notice title="It could not be saved">{fault.value}</Notice>}
      <h3>Everything in one page</h3>
      <p>
        One HTML file with this viewer and all draws. It opens without a network and can be mailed: about{' '}
        {size < 1e6 ? `${Math.ceil(size / 1e3)} kB` : `${(size / 1e6).toFixed(1)} MB`} and the viewer
        {given.values.length > LARGE && ' (large for a mail)'}. Draws are kept with 8 or 16 bits a value; the
        page says the largest error that this makes.
      </p>
      <div class="field">
        <label for={id}>Bits a value</label>
        <select
          id={id}
          value={String(bits.value)}
          onChange={({ currentTarget: { value } }) => (bits.value = value === '8' ? 8 : 16)}
        >
          <option value="8">8</option>
          <option value="16">16</option>
        </select>
        <button type="button" class="primary" onClick={savePage}>
          Save the page
        </button>
      </div>
      {viewing.raster.value && (
        <>
          <h3>Pictures</h3>
          <Pictures viewing={viewing} />
        </>
      )}
      <h3>Numbers</h3>
      <div class="field">
        <span class="quiet">Mean, standard deviation and quantiles of every place</span>
        <button type="button" onClick={saveSummary('csv')}>
          CSV
        </button>
        <button type="button" onClick={saveSummary('json')}>
          JSON
        </button>
      </div>
    </section>
  )
}

export const exportTool: Tool = { name: 'export', title: 'Save', has: () => true, Body }
