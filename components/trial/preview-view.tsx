import { CircleCheck, CircleMinus, CircleX } from 'lucide-react'
import { DiffView } from '#components/config/diff-view.tsx'
import { TraceView } from '#components/connectors/trace-view.tsx'
import { previewSummary, recordChanges, stepsWithBefore } from '#components/trial/record-changes.ts'
import { cx } from '#components/ui/cx.ts'
import type { Preview, PreviewedRecord, PreviewStep } from '#server/contract/preview.ts'

const outcomes = {
  kept: { icon: CircleCheck, colour: 'text-running' },
  dropped: { icon: CircleMinus, colour: 'text-ink-soft' },
  failed: { icon: CircleX, colour: 'text-failed' },
}

const stepWords: Record<PreviewStep['outcome'], string> = {
  made: '',
  changed: 'changed it',
  unchanged: 'changed nothing',
  passed: 'left it alone: its predicate says so',
  dropped: 'dropped it',
  failed: 'failed',
}

/** What a config makes of some records: one line each, with the steps behind it. */
export function PreviewView({ preview }: { preview: Preview }) {
  const { records, problem } = preview
  return (
    <div className="space-y-3">
      {problem && <p className="break-words rounded-md bg-restarting-soft px-3 py-2">{problem}</p>}
      {records.length > 0 && <p className="font-medium">{previewSummary(preview)}.</p>}
      <ul className="space-y-2" aria-label="Previewed records">
        {records.map((record, at) => (
          <Tried
            key={record.origin ?? at}
            record={record}
            label={record.origin ?? `record ${at + 1}`}
            open={at === 0}
          />
        ))}
      </ul>
    </div>
  )
}

function Tried({ record, label, open }: { record: PreviewedRecord; label: string; open: boolean }) {
  const { icon: Icon, colour } = outcomes[record.outcome]
  return (
    <li className="rounded-md border">
      <details open={open || record.outcome === 'failed'}>
        <summary className="flex cursor-pointer items-center gap-2 px-3 py-2">
          <Icon aria-hidden="true" className={cx('size-4 shrink-0', colour)} />
          <span className={colour}>{record.outcome}</span>
          <span className="name min-w-0 flex-1 truncate text-xs" title={label}>
            {label}
          </span>
        </summary>
        <ol className="space-y-2 border-t px-3 py-2">
          {stepsWithBefore(record.steps).map(({ step, before }) => (
            <li key={step.name}>
              <p title={step.class} className="mb-1">
                <span className="name font-medium">{step.name}</span>{' '}
                <span className="text-ink-soft text-xs">{stepWords[step.outcome]}</span>
              </p>
              {step.record && <Changes step={step} changes={recordChanges(before, step.record)} />}
              {step.error && <TraceView trace={step.error.trace} />}
            </li>
          ))}
        </ol>
      </details>
    </li>
  )
}

/** What lies in Kafka at the end is shown whole: its bytes are what counts. */
function Changes({ step, changes }: { step: PreviewStep; changes: ReturnType<typeof recordChanges> }) {
  const { record } = step
  if (step.outcome === 'made' && record) {
    const { key, value, headers, topic } = record
    const parts = [
      ['topic', topic],
      ...(key.text === null ? [] : [['key', key.text]]),
      ['value', value.text ?? 'null'],
      ...headers.map(({ name, text }) => [`header ${name}`, text ?? 'null']),
    ] as [string, string][]
    return (
      <dl className="name grid grid-cols-[72px_1fr] gap-y-1 rounded-md border px-3 py-2 text-xs">
        {parts.map(([part, text], at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: headers may bear one name twice, and the list never changes
          <div key={`${part} ${at}`} className="contents">
            <dt className="text-ink-soft">{part}</dt>
            <dd className="whitespace-pre-wrap break-all">{text}</dd>
          </div>
        ))}
      </dl>
    )
  }
  return <DiffView changes={changes} />
}
