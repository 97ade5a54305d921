import { CircleAlert, CircleCheck, CircleMinus, CircleX } from 'lucide-react'
import { cx } from '#components/ui/cx.ts'
import type { ConnectionTest, TestStep } from '#server/contract/connection-test.ts'

const looks = {
  passed: { icon: CircleCheck, colour: 'text-running', word: 'passed' },
  warned: { icon: CircleAlert, colour: 'text-restarting', word: 'to be known' },
  failed: { icon: CircleX, colour: 'text-failed', word: 'failed' },
  skipped: { icon: CircleMinus, colour: 'text-ink-soft', word: 'skipped' },
}

/** A connection test, step by step; what failed says what to do, and leads to its field. */
export function TestView({ test, onField }: { test: ConnectionTest; onField: (name: string) => void }) {
  return (
    <div className="space-y-3">
      <p className="font-medium">
        {test.ok ? 'Everything that could be tried works.' : 'It would not work as it stands.'}
      </p>
      <ol aria-label="Steps of the test" className="divide-y rounded-md border">
        {test.steps.map((step, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one title may come twice, and the list never changes
          <Step key={`${step.title} ${at}`} step={step} onField={onField} />
        ))}
      </ol>
    </div>
  )
}

function Step({ step, onField }: { step: TestStep; onField: (name: string) => void }) {
  const { icon: Icon, colour, word } = looks[step.outcome]
  const { field } = step
  return (
    <li className="flex gap-2 px-3 py-2">
      <Icon aria-hidden="true" className={cx('mt-0.5 size-4 shrink-0', colour)} />
      <div className="min-w-0 flex-1">
        <p className={cx('break-words', step.outcome === 'skipped' && 'text-ink-soft')}>
          {step.title} <span className={cx('text-xs', colour)}>{word}</span>
        </p>
        {step.detail && <p className="break-words text-ink-soft text-xs">{step.detail}</p>}
        {step.outcome !== 'passed' && step.hint && <p className="mt-1 break-words text-xs">{step.hint}</p>}
        {step.outcome === 'failed' && field && (
          <button type="button" className="mt-1 text-accent text-xs underline" onClick={() => onField(field)}>
            Go to {field}
          </button>
        )}
      </div>
      <span className="num shrink-0 text-ink-soft text-xs">{step.outcome === 'skipped' ? '' : `${step.ms} ms`}</span>
    </li>
  )
}
