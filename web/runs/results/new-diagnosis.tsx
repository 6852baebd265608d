/** Asks for a diagnosis of draws: a child process of the server makes it. */
import { useState } from 'preact/hooks'
import { fragmentOf } from '../../app/address.ts'
import '../new/form.css'
import { Notice } from '../../ui/notice.tsx'
import { ordered } from '../api.ts'

const fields = [
  { key: 'draws', label: 'Draws', about: 'a run, or a file of draws below the folder' },
  {
    key: 'observations',
    label: 'Observations',
    about: 'the observation set that they belong to, or nothing',
  },
  { key: 'truth', label: 'Truth', about: 'a file of clean data, the name of a data set, or nothing' },
] as const

export const NewDiagnosis = () => {
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({})
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string>()
  const ask = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setRefused(undefined)
    try {
      const body = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== ''))
      const { path } = await ordered<{ readonly path: string }>('diagnoses', body)
      location.hash = fragmentOf('runs', ['diagnoses', path])
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }
  return (
    <section aria-label="A new diagnosis">
      <h2>A new one</h2>
      <form class="form" onSubmit={ask}>
        <div class="form-fields">
          {fields.map(({ key, label, about }) => (
            <div class="form-field" key={key}>
              <label for={`diagnosis-${key}`}>{label}</label>
              <input
                id={`diagnosis-${key}`}
                type="text"
                value={given[key] ?? ''}
                aria-describedby={`diagnosis-${key}-about`}
                onInput={(event) => setGiven({ ...given, [key]: event.currentTarget.value })}
              />
              <p class="quiet small" id={`diagnosis-${key}-about`}>
                {about}
              </p>
            </div>
          ))}
        </div>
        <div class="bar tools">
          <button type="submit" class="primary" disabled={busy || !given.draws}>
            Diagnose
          </button>
          <span role="status" class="quiet">
            {busy ? 'At work …' : ''}
          </span>
        </div>
      </form>
      {refused && <Notice title="It was refused">{refused}</Notice>}
    </section>
  )
}
