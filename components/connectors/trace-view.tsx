import { readTrace } from '#components/connectors/trace.ts'
import { CopyButton } from '#components/ui/copy-button.tsx'

/** A failure: the reason first, the whole trace folded beneath it. */
export function TraceView({ trace, open = false }: { trace: string; open?: boolean }) {
  const { headline, cause, between } = readTrace(trace)
  return (
    <div className="min-w-0">
      <p className="break-words font-medium">{cause ?? headline}</p>
      {cause &&
        [...between, headline].map((line) => (
          <p key={line} className="break-words text-ink-soft">
            {line}
          </p>
        ))}
      <details open={open} className="mt-1">
        <summary className="text-accent text-xs">Whole trace</summary>
        <div className="relative mt-1">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
          <pre tabIndex={0} className="max-h-80 overflow-auto rounded-md border bg-surface p-3 pr-24 text-xs leading-5">
            {trace}
          </pre>
          <span className="absolute top-1 right-1">
            <CopyButton text={trace} label="Copy the trace" />
          </span>
        </div>
      </details>
    </div>
  )
}
