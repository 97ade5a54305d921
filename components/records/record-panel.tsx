'use client'
import { X } from 'lucide-react'
import Link from 'next/link'
import { indented } from '#components/records/preview.ts'
import { Button } from '#components/ui/button.tsx'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { bytes, exactTime } from '#components/ui/format.ts'
import type { ShownBytes, TopicRecord } from '#server/contract/topics.ts'

/** One record in full. Beside the table on a wide screen, over its lower half on a narrow one. */
export function RecordPanel({
  topic,
  record,
  href,
  onClose,
}: {
  topic: string
  record: TopicRecord
  /** Its own address. */
  href: string
  onClose: () => void
}) {
  return (
    <aside
      aria-label={`Record ${record.partition}/${record.offset}`}
      className="rise fixed inset-x-0 bottom-14 z-30 flex max-h-[55vh] flex-col border-t bg-surface shadow-float md:bottom-0 lg:static lg:max-h-none lg:w-[380px] lg:shrink-0 lg:border-t-0 lg:border-l lg:shadow-none"
    >
      <header className="flex items-center gap-2 border-b py-1 pr-1 pl-3">
        <h2 className="name min-w-0 flex-1 break-all text-xs">
          <Link href={href} title="A link to this record" className="hover:underline">
            {topic}/{record.partition}/{record.offset}
          </Link>
        </h2>
        <Button tone="ghost" size="icon" aria-label="Close the record" onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard */}
      <section aria-label="Record content" tabIndex={0} className="min-h-0 flex-1 space-y-4 overflow-auto p-3">
        <dl className="grid grid-cols-[80px_1fr] gap-y-1 text-xs">
          <dt className="text-ink-soft">time</dt>
          <dd className="num">{exactTime(record.timestamp)}</dd>
          <dt className="text-ink-soft">size</dt>
          <dd className="num">{bytes(record.size)}</dd>
        </dl>
        <Part title="Key" shown={record.key} />
        <Part title="Value" shown={record.value} />
        {record.headers.map((header, index) => (
          <Part key={`${header.name}-${index.toString()}`} title={`Header ${header.name}`} shown={header.value} />
        ))}
      </section>
    </aside>
  )
}

function Part({ title, shown }: { title: string; shown: ShownBytes | null }) {
  const text = indented(shown)
  return (
    <section>
      <h3 className="flex items-center gap-2 text-xs">
        <span className="break-all font-medium">{title}</span>
        <span className="text-ink-soft">{shown ? shown.format : 'null'}</span>
        <span className="ml-auto">{shown && <CopyButton text={text} label={`Copy ${title.toLowerCase()}`} />}</span>
      </h3>
      {shown && (
        <pre className="whitespace-pre-wrap break-all rounded-md border bg-sunken p-2 text-xs leading-5">{text}</pre>
      )}
      {shown?.truncated && <p className="text-ink-soft text-xs">Only the beginning is shown.</p>}
    </section>
  )
}
