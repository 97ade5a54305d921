import type { TailView } from '#components/records/tail-ring.ts'
import { compactNumber } from '#components/ui/format.ts'

/** The counters of a tail. They add up: read = delivered + filtered + skipped, delivered = shown + waiting + let go. */
export function TailCounters({ view }: { view: TailView }) {
  const parts: [string, number, string][] = [
    ['delivered', view.delivered, 'Records that came to this page'],
    ['filtered', view.filtered, 'Records read and left out by the filter'],
    ['skipped', view.skipped, 'Records passed over because the topic is faster than a screen'],
    ['behind', view.behind, 'Records between what is shown and the end of the topic'],
  ]
  return (
    <dl className="num flex flex-wrap items-center gap-x-4 text-xs">
      {parts.map(([word, value, meaning]) => (
        <div key={word} className="flex gap-1" title={meaning}>
          <dt className="text-ink-soft">{word}</dt>
          <dd data-counter={word}>{compactNumber(value)}</dd>
        </div>
      ))}
      {view.dropped > 0 && (
        <div className="flex gap-1" title="Delivered earlier; this page keeps the newest 5 000 records">
          <dt className="text-ink-soft">let go</dt>
          <dd>{compactNumber(view.dropped)}</dd>
        </div>
      )}
    </dl>
  )
}
