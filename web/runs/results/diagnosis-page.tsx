/** A diagnosis: of each test its verdict, how to read it, its charts and what it cannot see. */
import { fragmentOf } from '../../app/address.ts'
import type { PageProps } from '../../app/places.ts'
import { Notice } from '../../ui/notice.tsx'
import { at } from '../api.ts'
import { useAsked } from '../use-asked.ts'
import { short } from '../words.ts'
import { FoundList } from './found-list.tsx'
import { readingOf } from './how-to-read.ts'
import { NewDiagnosis } from './new-diagnosis.tsx'

interface Finding {
  readonly name: string
  readonly verdict: string
  readonly words: string
  readonly blind: string
}

interface Figures {
  readonly summary?: string
  readonly reconciled?: string
  readonly problems: number
  readonly draws: number
  readonly findings: readonly Finding[]
  readonly quantities: readonly string[]
  readonly charts: readonly string[]
  readonly page: boolean
  readonly coverage?: readonly { readonly level: number; readonly observed: number }[]
}

const chartTitles: Readonly<Record<string, string>> = {
  coverage: 'Observed against nominal coverage',
  pit: 'Where the truth falls among the draws',
  tarp: 'Distance to random points',
  hpd: 'log q of the truth',
  residuals: 'Correlation of residuals',
}

/** The charts of a finding: names of the server, and what they show. */
const chartsOf = ({ charts, quantities }: Figures, finding: string): [name: string, title: string][] =>
  readingOf(finding).charts.flatMap((name) =>
    name === 'sbc'
      ? quantities.map((quantity, i): [string, string] => [`sbc:${i}`, `Ranks of the ${quantity}`])
      : charts.includes(name)
        ? [[name, chartTitles[name] ?? name] as [string, string]]
        : [],
  )

const verdictClass = (verdict: string): string =>
  verdict === 'calibrated' ? 'good' : verdict === 'miscalibrated' ? 'bad' : 'quiet'

const Card = ({
  finding,
  figures,
  path,
}: {
  readonly finding: Finding
  readonly figures: Figures
  readonly path: string
}) => (
  <section class="finding" aria-label={finding.name}>
    <div class="bar">
      <h2>{finding.name}</h2>
      <strong class={verdictClass(finding.verdict)}>{finding.verdict}</strong>
    </div>
    <p>{finding.words}</p>
    <p class="quiet">{readingOf(finding.name).words}</p>
    <div class="charts">
      {chartsOf(figures, finding.name).map(([chart, title]) => (
        <figure key={chart}>
          <figcaption>{title}</figcaption>
          <img
            src={at('diagnosis/chart', { path, chart })}
            alt={`${title}. ${finding.verdict}: ${finding.words}`}
            width={480}
            loading="lazy"
          />
        </figure>
      ))}
    </div>
    {finding.name === 'Intervals of single entries' && figures.coverage && (
      <table>
        <caption class="visually-hidden">Coverage</caption>
        <thead>
          <tr>
            <th scope="col">Level of the interval</th>
            <th scope="col">Holds</th>
          </tr>
        </thead>
        <tbody>
          {figures.coverage.map(({ level, observed }) => (
            <tr key={level}>
              <th scope="row">{Math.round(100 * level)} %</th>
              <td>{(100 * observed).toFixed(1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
    <p class="quiet small">It cannot see {finding.blind}.</p>
  </section>
)

const One = ({ path }: { readonly path: string }) => {
  const { value, refused } = useAsked<Figures>('diagnosis', { path })
  if (refused) return <Notice title="This diagnosis cannot be shown">{refused}</Notice>
  if (!value) return <p class="quiet">Loading …</p>
  return (
    <>
      <p class="way">
        <a href={fragmentOf('runs', ['diagnoses'])}>Diagnoses</a>
      </p>
      <div class="bar">
        <h1>{path}</h1>
        {value.page && (
          <a href={at('page', { path })} target="_blank" rel="noreferrer">
            As one page
          </a>
        )}
      </div>
      <p class="lead">{value.summary}</p>
      {value.reconciled && <p>{value.reconciled}</p>}
      <p class="quiet">
        {short(value.problems)} problems, {short(value.draws)} draws of each.
      </p>
      {value.findings.map((finding) => (
        <Card key={finding.name} finding={finding} figures={value} path={path} />
      ))}
    </>
  )
}

export const DiagnosisPage = ({ address }: PageProps) => {
  const path = address.words[1]
  if (path !== undefined) return <One key={path} path={path} />
  return (
    <>
      <p class="way">
        <a href={fragmentOf('runs')}>Runs</a>
      </p>
      <h1>Diagnoses</h1>
      <p class="quiet">What is calibrated in posterior draws, and what is not.</p>
      <FoundList
        path="diagnoses"
        page="diagnoses"
        nothing="tweedie diagnose runs/digits --observations test.npz --json > runs/digits/diagnosis.json"
      />
      <NewDiagnosis />
    </>
  )
}
